/* Starts and stops the real servers of the tests: `npm run estate -- up|down|status|deck [--only a,b]`. */
import {needNode} from './node-version.mjs';

needNode();
await import('../test/estate/estate.ts');
