/**
 * The venue's own market parameters, as facts: ticker, atomic resolution and a price at which the
 * market once stood (USD). Sources: the mainnet genesis of dYdX v4 (33 markets with their clob pair
 * ids), and the listing parameters that its web front end published for further markets, in 2024
 * cross-margined or isolated. Clob pair ids from 33 on count this table's order: no source tells
 * them. All markets have steps of 1e6 quantums, a quantum conversion exponent of −9 and ticks of
 * 1e6 subticks; BTC and ETH have ticks of 1e5.
 */

/** `TICKER resolution price`, each. */
type Table = string;

export interface Listing {
  readonly ticker: string;
  readonly clobPairId: number;
  readonly atomicResolution: number;
  readonly tier: TierName;
  readonly priceE12: bigint;
}

export type TierName = 'large' | 'mid' | 'small' | 'longTail' | 'isolated';

/** `TICKER clobPairId resolution tier price`, the busiest first. */
const GENESIS = `
BTC 0 -10 large 94520;ETH 1 -9 large 3348.7;SOL 5 -7 mid 191.34;XRP 32 -5 mid 2.1846;
DOGE 10 -4 mid 0.31872;AVAX 7 -7 mid 36.52;LINK 2 -6 mid 21.437;LTC 9 -7 mid 101.85;
ADA 6 -5 mid 0.8863;SUI 31 -5 mid 4.1275;NEAR 16 -6 small 5.093;UNI 13 -6 small 13.318;
BCH 14 -8 small 441.6;DOT 12 -6 small 6.952;ATOM 11 -6 small 6.447;APT 23 -6 small 8.915;
TRX 15 -4 small 0.2514;PEPE 28 1 small 0.0000178;SHIB 30 0 small 0.00002181;ARB 24 -6 small 1.3412;
OP 27 -6 small 1.8261;FIL 8 -6 small 5.0314;XLM 18 -5 small 0.3514;ETC 19 -7 small 26.14;
WLD 21 -6 small 2.1043;MATIC 3 -5 small 0.4682;CRV 4 -5 small 0.8934;MKR 17 -9 longTail 1514.2;
LDO 26 -6 longTail 1.8432;SEI 29 -5 longTail 0.4213;COMP 20 -7 longTail 71.42;
BLUR 25 -5 longTail 0.2731;APE 22 -6 longTail 1.1432`;

const SMALL: Table = 'TON -6 6.344';

const LONG_TAIL: Table = `
BNB -8 243.13;AAVE -7 88.42;INJ -7 31.783;TIA -7 15.553;DYDX -6 2.1529;HBAR -4 0.07128;
ICP -7 11.474;JUP -5 0.43398;BONK -1 0.0000109;JTO -6 1.8862;STX -6 1.2552;PYTH -5 0.40249;
RNDR -6 3.7772;FTM -5 0.336;ALGO -5 0.1613;GRT -5 0.12802;SNX -6 3.1306;ORDI -7 43.049;
IMX -6 2.3008;RUNE -6 3.7265;ENS -7 14.857;FET -5 0.58645;AGIX -5 0.2111;GALA -4 0.0184;
SAND -5 0.37511;MANA -5 0.37165;EOS -5 0.59773;CHZ -4 0.08713;CFX -5 0.14544;EGLD -7 39.04;
FLOW -5 0.58286;GMT -5 0.20454;KAVA -5 0.57515;MASK -6 2.7877;MEME -4 0.018015;MINA -6 1.0081;
PEOPLE -4 0.021946;SUSHI -5 0.89263;WAVES -6 2.1457;1INCH -5 0.33986;DYM -6 5.5449;
WOO -5 0.29449;ZETA -6 1.0427`;

const ISOLATED: Table = `
1000SATS -2 0.0003482;A8 -5 0.991;ABT -6 1.946;ACA -4 0.0645;ACE -6 2.336;ACH -4 0.019005;
ACM -6 1.535;ACX -5 0.3108;ADS -5 0.15589;ADX -5 0.1551;AERGO -4 0.0931;AERO -5 0.65322;
AEUR -6 1.1156;AEVO -5 0.371;AGG -2 0.00072014;AGI -5 0.135;AGLA -4 0.01019;AGLD -5 0.884;
AI -5 0.4735;AIOZ -5 0.4545;AIT -4 0.07236;AITECH -4 0.0927;AKI -3 0.00729;AKITA 2 0.0000000799;
AKRO -3 0.004944;AKT -6 2.8831;ALCX -7 14.7;ALEPH -5 0.175;ALEX -5 0.1137;ALI -4 0.010224;
ALICE -5 0.1085;ALPACA -4 0.02078;ALPH -6 1.787;ALPHA -4 0.0629;ALPINE -6 1.234;ALT -4 0.08776;
ALU -4 0.02252;AMB -3 0.00821;AMP -3 0.00409;AMPL -5 0.99361;ANALOS -1 0.00003211;
ANKR -4 0.02543;ANYONE -6 1.0353;APES -4 0.0145;APEX -6 1.4529;API3 -6 1.668;APRS -5 0.2243;
APTR -4 0.02706;APU -2 0.0002484;AR -7 24.983;ARDR -4 0.06665;ARK -5 0.3266;ARKM -6 1.3102;
ARPA -4 0.040875;ARS -2 0.00076806;ASM -4 0.01903;ASR -6 2.014;AST -4 0.0801;ASTO -4 0.0982;
ASTR -4 0.07494;ATA -4 0.0863;ATH -4 0.06119;ATLAS -3 0.00207;ATM -6 1.928;AUCTION -7 15.69;
AUDIO -5 0.14534;AURA -4 0.010083;AURORA -5 0.129;AVA -5 0.5405;AVAIL -5 0.131;AVIVE -3 0.00401;
AVT -6 2.06;AXL -5 0.582;AXS -6 4.9419;AZERO -5 0.4355;AZUR -5 0.12175;AZY -3 0.00243;
BABA -2 0.00099034;BABY 0 0.0000017489;BADGER -6 3.127;BAG -3 0.0015815;BAKE -5 0.2632;
BAKED -3 0.0056281;BAL -6 2.137;BANANA -7 41.03;BAND -6 1.2259;BAR -6 1.758;BARRON -2 0.00078052;
BAT -5 0.1812;BB -5 0.33339;BCCOIN -6 1.472;BCUT -4 0.02504;BDROP -4 0.059537;BDX -4 0.055173;
BEAM -4 0.01523;BEAT -3 0.002025;BEBE -2 0.00043572;BEER -1 0.000016996;BEL -5 0.5016;
BENDOG -4 0.011577;BETA -4 0.04772;BICO -5 0.2427;BIFI -8 308.4;BIGTIME -4 0.07869;
BILL 0 0.000001734;BILLY -4 0.043281;BIRDDOG -3 0.0026404;BIT -5 0.8204;BLAST -4 0.010441;
BLAZE -2 0.0001384;BLOCK -4 0.0572;BLS -5 0.19952;BLUE -3 0.0018941;BLZ -5 0.1419;BNT -5 0.562;
BNX -6 1.4794;BOAM -2 0.00021578;BOB -1 0.00002227;BOBA -5 0.22285;BOBAOPPA -2 0.00043837;
BOBE -2 0.00061135;BODEN -3 0.0045907;BOGUS -3 0.0043284;BOME -3 0.0069671;
BOME2 0 0.0000012141;BOND -6 2.007;BONE -5 0.4317;BONUS -4 0.09354;BORA -4 0.0916;
BORK -2 0.00025315;BRAINLET -4 0.023867;BRETT -4 0.092892;BRISE 2 0.00000009;BRL -5 0.18116;
BRZ -5 0.18373;BST -5 0.2351;BSV -7 45.059;BSW -4 0.08011;BTRST -5 0.378;BTT 1 0.00000087;
BTW -3 0.0030317;BUB -3 0.0043943;BUBBLE -3 0.002721;BURGER -5 0.4567;BZZ -5 0.267;C98 -5 0.1202;
CAIR -4 0.053276;CAKE -6 1.9235;CAPS -3 0.0052531;CAT -1 0.00002499;CATDOG -2 0.0001137;
CATGPT -2 0.0001496;CATMAN -1 0.000039071;CATWIF -2 0.00076438;CBETH -9 2793.1;CCD -3 0.0031911;
CDCETH -9 2660.42;CEEK -4 0.03116;CEL -5 0.18257;CELO -5 0.4796;CELR -4 0.01285;CETUS -4 0.06549;
CFG -5 0.407;CGPT -5 0.13537;CHAT -5 0.19384;CHATGPT 0 0.0000015178;CHEEL -7 19.93;
CHEEMS -3 0.0011974;CHEESE -3 0.0022885;CHESS -5 0.147;00 -4 0.0336;1CAT -3 0.0018899;
1SOL -3 0.006537`;

const PRICE_DECIMALS = 12;

export const LISTINGS: readonly Listing[] = [
  ...rowsOf(GENESIS).map(([ticker, id, resolution, tier, price]) =>
    listing([ticker, resolution, price], Number(id), tier as TierName),
  ),
  ...[
    ...rowsOf(SMALL).map((row) => ({ row, tier: 'small' }) as const),
    ...rowsOf(LONG_TAIL).map((row) => ({ row, tier: 'longTail' }) as const),
    ...rowsOf(ISOLATED).map((row) => ({ row, tier: 'isolated' }) as const),
  ].map(({ row, tier }, index) => listing(row, rowsOf(GENESIS).length + index, tier)),
];

function rowsOf(table: Table): string[][] {
  return table
    .trim()
    .split(/;\s*/)
    .map((row) => row.split(' '));
}

function listing(
  [base = '', resolution = '', price = '']: readonly (string | undefined)[],
  clobPairId: number,
  tier: TierName,
): Listing {
  const [whole = '', fraction = ''] = price.split('.');
  return {
    ticker: `${base}-USD`,
    clobPairId,
    atomicResolution: Number(resolution),
    tier,
    priceE12: BigInt(whole + fraction.padEnd(PRICE_DECIMALS, '0')),
  };
}
