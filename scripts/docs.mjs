/* `npm run docs`: writes the generated documents of docs/. test/docs.test.ts fails when they are stale. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const {referenceDocs} = await import('../bin/cli/reference-docs.ts');
const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs');
mkdirSync(folder, {recursive: true});
for (const [name, write] of Object.entries(referenceDocs)) {
	writeFileSync(join(folder, name), write());
	process.stdout.write(`docs/${name}\n`);
}
