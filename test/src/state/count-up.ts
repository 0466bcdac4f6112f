import * as z from 'zod';
import {createStateDocument} from '../../../src/state/state-document.ts';

/* Adds entries to the document of a state directory, one update each: `node count-up.ts STATE_DIR NAME COUNT`. */

const [stateDir = '', name = '', count = ''] = process.argv.slice(2);
const options = {schema: z.array(z.string()), initial: [], report: (text: string) => process.stderr.write(text)};
const document = createStateDocument<readonly string[]>(stateDir, 'approvedPrograms', options);
for (let at = 1; at <= Number(count); at += 1) await document.update(entries => [...entries, `${name}${at}`]);
