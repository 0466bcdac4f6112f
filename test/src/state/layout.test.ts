import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {addApprovedProgram} from '../../../adapters/kubernetes/config/approved-programs.ts';
import {copyToClipboard} from '../../../bin/copy-to-clipboard.ts';
import {saveText} from '../../../bin/save-text.ts';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createDeliveryCursor} from '../../../src/audit/delivery-cursor.ts';
import {createPresence} from '../../../src/audit/presence.ts';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';
import {stateFileName, stateLayout, statePath} from '../../../src/state/layout.ts';
import {recordLayoutVersion} from '../../../src/state/layout-version.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {scratchDir} from './scratch-dir.ts';
import {actor} from './test-actor.ts';

/** The declared path of an entry, as a pattern. */
const patternOf = (path: string): RegExp =>
	new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/<\w+>/g, '[^/]+')}$`);

test('every file that midwatch writes is declared, with its mode, and every declared one is written', async () => {
	const stateDir = await scratchDir();
	const audit = createAudit({stateDir, clock: systemClock, actor, app: '1'});
	await audit.append({kind: 'start'});
	await audit.saveFile(audit.newId(), 'pods/../of a namespace.yaml', 'kind: List');
	await createDeliveryCursor(stateDir, 'siem').write({seq: 1, hash: 'h'});
	await saveText(stateDir, 'logs of api', ['a line'], systemClock.now());
	await copyToClipboard({copy: () => true}, stateDir, 'a text');
	await addApprovedProgram(stateDir, {program: '/bin/login', digest: 'd', requestedBy: 'k', at: 't'});
	await recordLayoutVersion(stateDir);
	const lock = await createObjectLocks(stateDir).acquire('db', ['a session'], 'a test');
	const presence = await createPresence({stateDir, session: audit.session, clock: systemClock, actor});

	const written = readdirSync(stateDir, {recursive: true, encoding: 'utf8'}).map(path => {
		const stats = statSync(join(stateDir, path));
		return {path: stats.isDirectory() ? `${path}/` : path, mode: stats.mode & 0o777};
	});
	await presence.close();
	if ('release' in lock) await lock.release();

	const declared = Object.entries(stateLayout).filter(([name]) => name !== 'demo');
	const entryOf = (path: string) => declared.find(([, entry]) => patternOf(entry.path).test(path))?.[0];
	expect(written.filter(({path}) => entryOf(path) === undefined)).toEqual([]);
	expect(new Set(written.map(({path}) => entryOf(path)))).toEqual(new Set(declared.map(([name]) => name)));
	for (const {path, mode} of written) expect([path, mode]).toEqual([path, path.endsWith('/') ? 0o700 : 0o600]);
});

test('a path has its variable parts filled in, and a folder no slash at its end', () => {
	expect(statePath('/state', 'savedFile', {record: '01A', name: 'pods.yaml'})).toBe('/state/saved-files/01A-pods.yaml');
	expect(statePath('/state', 'demo')).toBe('/state/demo');
	expect(stateFileName('auditLog', {month: '2026-11'})).toBe('2026-11.jsonl');
});
