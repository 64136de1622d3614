#!/usr/bin/env node
/** The entry of the `perpetua` command. */
