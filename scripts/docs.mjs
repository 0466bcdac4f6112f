/* `npm run docs`: writes the generated documents of docs/. test/docs.test.ts fails when they are stale. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const {generateReferenceDocs} = await import('../bin/cli/reference-docs.ts');
const {panes} = await import('../bin/panes.ts');
const {systems} = await import('../bin/systems.ts');
const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs');
mkdirSync(folder, {recursive: true});
for (const [name, text] of Object.entries(await generateReferenceDocs(systems, panes))) {
	writeFileSync(join(folder, name), text);
	process.stdout.write(`docs/${name}\n`);
}
