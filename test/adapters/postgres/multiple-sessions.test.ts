import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {actionOf, isConnected, type OtherSession, pollUntil, readRow, sharePostgres} from './postgres-fixture.ts';

const shell = promisify(execFile);

const cancel = actionOf('postgres.cancel');
const terminate = actionOf('postgres.terminate');

for (const name of postgresVersions) {
	describePostgres(name, 'actions on several sessions', server => {
		const shared = sharePostgres(server);

		test('several marked sessions are ended by one plan and one statement, and no other', async () => {
			const marked = [
				await shared.guest('acts-several'),
				await shared.guest('acts-several'),
				await shared.guest('acts-several'),
			];
			const [holder, sleeper, free] = marked as [OtherSession, OtherSession, OtherSession];
			await holder.client.query('BEGIN; SELECT pg_advisory_xact_lock(2)');
			const ended = sleeper.startQuery('SELECT pg_sleep(60)');
			await free.client.query('BEGIN');
			const bystander = await shared.guest('acts-bystander');
			const freed = bystander.startQuery('SELECT pg_advisory_xact_lock(2)');
			await readRow(shared.watch, holder.pid, row => row.blocks === 1);
			const rows = await Promise.all(marked.map(({pid}) => readRow(shared.watch, pid)));

			expect(terminate.disabled(rows)).toBeUndefined();
			const actionContext = shared.watch.actionContext(`several-${holder.pid}`);
			const preview = await terminate.preview(rows, {}, actionContext);
			expect(preview).toMatchObject({object: '3 sessions', risk: 'medium'});
			expect(preview.touches).toEqual(
				marked.map(({pid}) => expect.stringMatching(new RegExp(`^pid ${pid}, app on postgres: `))),
			);
			expect(preview.impact).toMatch(
				/^3 connections are closed\. 3 transactions are rolled back, the longest of \d+s\. .* 1 session waits for them\.$/,
			);
			expect(await terminate.preflight(preview.plan, actionContext)).toEqual([
				{label: 'the session', result: 'pass', detail: 'all 3 pass'},
				{label: 'the right to signal it', result: 'pass', detail: 'all 3 pass'},
			]);
			const receipt = await terminate.run(preview.plan, actionContext);
			expect(receipt.summary).toBe('terminated 3 of 3 sessions');
			expect(Object.keys(receipt.before)).toEqual(marked.map(({pid}) => `pid ${pid}`));
			await expect
				.poll(() => terminate.verify(preview.plan, receipt, actionContext))
				.toEqual({result: 'done', detail: '3 of 3 have ended'});
			expect(await ended).toBe('57P01');
			for (const {pid} of marked) expect(await isConnected(server, pid)).toBe(false);
			expect(await freed).toBe('done');
			expect(await isConnected(server, bystander.pid)).toBe(true);
			const sent = readFileSync(server.log, 'utf8')
				.split('\n')
				.filter(line => line.includes(`midwatch several-${holder.pid} `) && line.includes('pg_terminate_backend('));
			expect(sent).toHaveLength(1);
		});

		test('one that has changed makes the plan stale; when the plan is sent anyway, that session is not signalled', async () => {
			const marked = [
				await shared.guest('acts-mixed'),
				await shared.guest('acts-mixed'),
				await shared.guest('acts-mixed'),
			];
			const [changed, ended, left] = marked as [OtherSession, OtherSession, OtherSession];
			for (const {client} of marked) await client.query('BEGIN');
			const rows = await Promise.all(marked.map(({pid}) => readRow(shared.watch, pid)));
			const {plan} = await terminate.preview(rows, {}, shared.watch.actionContext());
			await changed.client.query('COMMIT; BEGIN');
			await ended.end();
			await pollUntil(async () => ((await isConnected(server, ended.pid)) ? undefined : true));

			expect(await terminate.preflight(plan, shared.watch.actionContext())).toEqual([
				expect.objectContaining({
					result: 'block',
					conflict: true,
					detail: expect.stringMatching(
						`^pid ${changed.pid} has changed: now idle in transaction for \\d+s, after COMMIT; BEGIN$`,
					),
				}),
				expect.objectContaining({result: 'block', conflict: true, detail: `pid ${ended.pid} has ended`}),
				{label: 'the session', result: 'pass', detail: '1 of 3 passes'},
				{label: 'the right to signal it', result: 'pass', detail: '1 of 3 passes'},
			]);
			await expect(terminate.preview(rows, {}, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			// With the plan those that still are what it says, without one those that are still there.
			expect(await terminate.unchangedRows?.(rows, plan, shared.watch.actionContext())).toEqual([rows[2]]);
			expect(await terminate.unchangedRows?.(rows, undefined, shared.watch.actionContext())).toEqual([
				rows[0],
				rows[2],
			]);

			const receipt = await terminate.run(plan, shared.watch.actionContext());
			expect(receipt.summary).toBe(
				`terminated 1 of 3 sessions; ended or changed before: pid ${changed.pid}, ${ended.pid}`,
			);
			await expect
				.poll(() => terminate.verify(plan, receipt, shared.watch.actionContext()))
				.toEqual({
					result: 'done',
					detail: `1 of 3 have ended; pid ${changed.pid}, ${ended.pid} had ended or changed before and was sent nothing`,
				});
			expect(await isConnected(server, left.pid)).toBe(false);
			expect(await isConnected(server, changed.pid)).toBe(true);
			await expect(terminate.run(plan, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			expect(await isConnected(server, changed.pid)).toBe(true);
			await changed.client.query('COMMIT');
		});

		test('their statements are cancelled together; a session that runs its next statement is not cancelled', async () => {
			const marked = [
				await shared.guest('acts-cancels'),
				await shared.guest('acts-cancels'),
				await shared.guest('acts-cancels'),
			];
			const [first, second, third] = marked as [OtherSession, OtherSession, OtherSession];
			const ends = [first, second].map(each => each.startQuery('SELECT pg_sleep(60)'));
			const keeper = await shared.guest('acts-keeper');
			await keeper.client.query('SELECT pg_advisory_lock(3), pg_advisory_lock(4)');
			const brief = third.startQuery('SELECT pg_advisory_lock(3)');
			const rows = await Promise.all(marked.map(({pid}) => readRow(shared.watch, pid, row => row.state === 'active')));
			const preview = await cancel.preview(rows, {}, shared.watch.actionContext());
			expect(preview).toMatchObject({object: '3 sessions', risk: 'low'});
			expect(preview.impact).toMatch(
				/^3 statements fail with an error; the longest has run for \d+s\. Their sessions stay\.$/,
			);
			await keeper.client.query('SELECT pg_advisory_unlock(3)');
			expect(await brief).toBe('done');
			const next = third.startQuery('SELECT pg_advisory_lock(4)');
			await readRow(shared.watch, third.pid, row => row.state === 'active' && row.queryStart !== rows[2]?.queryStart);
			expect(await cancel.preflight(preview.plan, shared.watch.actionContext())).toContainEqual({
				label: 'the statement',
				result: 'block',
				detail: expect.stringMatching(
					`^pid ${third.pid} has changed: now SELECT pg_advisory_lock\\(4\\) \\(active for `,
				),
				conflict: true,
			});
			const receipt = await cancel.run(preview.plan, shared.watch.actionContext());
			expect(receipt.summary).toBe(`cancelled the statements of 2 of 3 sessions; no longer running: pid ${third.pid}`);
			expect(await Promise.all(ends)).toEqual(['57014', '57014']);
			await keeper.client.query('SELECT pg_advisory_unlock(4)');
			expect(await next).toBe('done');
			// A client receives the error a moment before the server shows that its session is idle.
			await expect
				.poll(() => cancel.verify(preview.plan, receipt, shared.watch.actionContext()))
				.toEqual({
					result: 'done',
					detail: `2 of 3 were cancelled; pid ${third.pid} had changed before`,
				});
			await expect(cancel.run(preview.plan, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
		});

		test('one of several that runs its next statement is not signalled, and the record has the statements of the others', async () => {
			const marked = [await shared.guest('acts-next'), await shared.guest('acts-next')];
			const [goes, stays] = marked as [OtherSession, OtherSession];
			const keeper = await shared.guest('acts-next-keeper');
			await keeper.client.query('SELECT pg_advisory_lock(5), pg_advisory_lock(6)');
			const first = goes.startQuery('SELECT pg_advisory_lock(5)');
			const end = stays.startQuery(`SELECT pg_sleep(60), 'password=hunter2'`);
			const rows = await Promise.all(marked.map(({pid}) => readRow(shared.watch, pid, row => row.state === 'active')));
			const {plan} = await terminate.preview(rows, {}, shared.watch.actionContext());
			await keeper.client.query('SELECT pg_advisory_unlock(5)');
			expect(await first).toBe('done');
			const next = goes.startQuery('SELECT pg_advisory_lock(6)');
			await readRow(shared.watch, goes.pid, row => row.state === 'active' && row.queryStart !== rows[0]?.queryStart);

			const receipt = await terminate.run(plan, shared.watch.actionContext());
			expect(receipt.summary).toBe(`terminated 1 of 2 sessions; ended or changed before: pid ${goes.pid}`);
			const [hit] = Object.values(receipt.before);
			expect(hit).toMatch(
				/^active, transaction since 20\d\d-.*, query since 20\d\d-.*: SELECT pg_sleep\(60\), 'password=/,
			);
			expect(hit).not.toContain('hunter2');
			expect(await end).toBe('57P01');
			expect(await isConnected(server, goes.pid)).toBe(true);
			await keeper.client.query('SELECT pg_advisory_unlock(6)');
			expect(await next).toBe('done');
		});

		test('the CLI equivalent ends several as the plan does, in a real shell', async () => {
			const marked = [await shared.guest('acts-cli'), await shared.guest('acts-cli')];
			const [idle, works] = marked as [OtherSession, OtherSession];
			await idle.client.query('BEGIN');
			const end = works.startQuery('SELECT pg_sleep(60)');
			const rows = [
				await readRow(shared.watch, idle.pid),
				await readRow(shared.watch, works.pid, row => row.state === 'active'),
			];
			const env = {...process.env, PGPASSWORD: server.logins.operator.password};
			const runInShell = async (line: string) => (await shell('/bin/sh', ['-c', line], {env})).stdout;
			const {cliEquivalent: equivalent} = await terminate.preview(rows, {}, shared.watch.actionContext());
			await idle.client.query('COMMIT; BEGIN');
			expect(await runInShell(equivalent)).toMatch(/\(1 row\)/);
			expect(await end).toBe('57P01');
			expect(await isConnected(server, idle.pid)).toBe(true);
			const one = await shared.guest('acts-cli');
			const statement = one.startQuery('SELECT pg_sleep(60)');
			const other = idle.startQuery('SELECT pg_sleep(60)');
			const active = await Promise.all(
				[one, idle].map(({pid}) => readRow(shared.watch, pid, row => row.state === 'active')),
			);
			expect(await runInShell((await cancel.preview(active, {}, shared.watch.actionContext())).cliEquivalent)).toMatch(
				/\(2 rows\)/,
			);
			expect(await Promise.all([statement, other])).toEqual(['57014', '57014']);
			await idle.client.query('ROLLBACK');
		});

		test('a refusal after the first of several sessions is not reported as harmless', async () => {
			const [own, over] = [await shared.guest('acts-midst'), await shared.guest('acts-midst', 'superuser')];
			for (const {client} of [own, over]) await client.query('BEGIN');
			const rows = await Promise.all([own, over].map(({pid}) => readRow(shared.watch, pid)));
			const {plan} = await terminate.preview(rows, {}, shared.watch.actionContext());
			expect(await terminate.preflight(plan, shared.watch.actionContext())).toContainEqual(
				expect.objectContaining({
					result: 'block',
					detail: expect.stringMatching(`^pid ${over.pid}: .* is a superuser`),
				}),
			);
			await expect(terminate.run(plan, shared.watch.actionContext())).rejects.toMatchObject({
				kind: 'unreachable',
				harmless: false,
			});
			expect(await isConnected(server, over.pid)).toBe(true);
		});
	});
}
