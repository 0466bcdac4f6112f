import {join} from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {runAuditShow} from '../../bin/cli/audit-show.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {createObjectList} from '../../src/audit/object-list.ts';
import {statePath} from '../../src/state/layout.ts';
import {createFakeClock} from '../fake-clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

afterEach(() => vi.unstubAllEnvs());

test('prints the absolute path of the file that lists the objects of a large action', async () => {
	const home = await scratchDir();
	vi.stubEnv('XDG_STATE_HOME', home);
	const stateDir = join(home, 'midwatch');
	const audit = createAudit({stateDir, clock: createFakeClock(), actor, app: '0.1.0'});
	const id = audit.newId();
	const pods = Array.from({length: 300}, (_, index) => `Pod shop/api-${index}`);
	const list = await createObjectList(pods, (name, text) => audit.saveFile(id, name, text));
	const rest = {
		impact: '',
		cli_equivalent: '',
		bound_to: '',
		count: 300,
		risk: 'high',
		undo: {class: 'none', text: ''},
	} as const;
	await audit.append({kind: 'intent', id, target: 'k8s', preview: {...rest, ...list}});
	let out = '';
	expect(await runAuditShow({record: id, json: false}, text => (out += text))).toBe(0);
	const shown: unknown = JSON.parse(out);
	expect(shown).toMatchObject({
		preview: {
			touches: pods.slice(0, 10),
			all: {count: 300, sha256: list.all?.sha256, file: join(statePath(stateDir, 'savedFiles'), list.all?.file ?? '')},
		},
	});
});
