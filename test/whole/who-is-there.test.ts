/** Real brokers and real clients that know each other by their keys. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { endAll, freePort, run, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endAll);
