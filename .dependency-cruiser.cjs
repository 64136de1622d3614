/** Import rules: who may know whom. The table stands in ARCHITECTURE.md; change both together. */
const stages =
  '(connection|dydx|market|signals|strategy|portfolio|risk|execution|simulator|batch|journal|report|admin|inspector)';
const shared = '(model|ports|collections|operators)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'model-is-alone',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { pathNot: '^src/model/' },
    },
    {
      name: 'ports-know-the-model',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: '^src/(model|ports)/|^node_modules/rxjs/' },
    },
    {
      name: 'collections-know-the-model',
      severity: 'error',
      from: { path: '^src/collections/' },
      to: { pathNot: '^src/(model|collections)/' },
    },
    {
      name: 'operators-know-collections',
      severity: 'error',
      from: { path: '^src/operators/' },
      to: { pathNot: '^src/(model|collections|operators)/|^node_modules/rxjs/' },
    },
    {
      name: 'machines-are-pure',
      severity: 'error',
      from: { path: '^machines/' },
      to: { pathNot: '^src/model/|^machines/|^node_modules/xstate/' },
    },
    {
      name: 'stages-do-not-know-each-other',
      severity: 'error',
      from: { path: `^src/${stages}/` },
      to: { path: '^(src|machines)/', pathNot: `^src/${shared}/|^src/$1/` },
    },
    {
      name: 'only-the-top-knows-app',
      severity: 'error',
      from: { pathNot: '^src/(app|cli)/|^src/(main|index)\\.ts$' },
      to: { path: '^src/app/' },
    },
    {
      name: 'only-app-knows-machines',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/app/' },
      to: { path: '^machines/' },
    },
    {
      name: 'the-simulator-reads-the-wire-itself',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { path: '^src/dydx/', reachable: true },
    },
    {
      name: 'the-admin-reaches-no-key',
      severity: 'error',
      from: { path: '^src/admin/' },
      to: { path: '^src/dydx/|validator', reachable: true },
    },
    {
      name: 'no-client-library-but-in-its-worker',
      severity: 'error',
      from: {
        pathNot:
          '^src/dydx/validator\\.worker\\.ts$|^src/simulator/validator/transaction\\.codec\\.ts$',
      },
      to: { path: '^node_modules/@dydxprotocol/', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
