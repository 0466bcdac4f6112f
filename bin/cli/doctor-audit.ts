import {existsSync} from 'node:fs';
import {readActor} from '../../src/audit/actor.ts';
import {AuditError, auditHint} from '../../src/audit/audit-error.ts';
import {checkWritable} from '../../src/audit/check-writable.ts';
import {type FileReport, verifyDirectory} from '../../src/audit/verify-log.ts';
import {messageOf} from '../../src/errors.ts';
import {lockObjects} from '../../src/remedy/lock-objects.ts';
import {createObjectLocks} from '../../src/remedy/object-lock.ts';
import {statePath} from '../../src/state/layout.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import {version} from '../version.ts';
import {type CheckResult, worstCode} from './check-result.ts';

/**
 * Checks the audit log: where it is, whether it can be written, and whether it is sound.
 * @returns code 1: it is not sound, or it cannot be written although actions are allowed; 2: it cannot be read.
 */
export async function checkAudit(stateDir: string, readOnly: boolean): Promise<CheckResult> {
	const dir = statePath(stateDir, 'auditFolder');
	const [writing, reading] = await Promise.all([checkAuditWriting(stateDir, readOnly), checkAuditReading(dir)]);
	const lines = [`audit log: ${dir}`, ...reading.lines, ...writing.lines].map(cleanLine);
	return {lines, code: worstCode([reading, writing])};
}

async function checkAuditWriting(stateDir: string, readOnly: boolean): Promise<CheckResult> {
	try {
		await checkWritable({stateDir, clock: systemClock, actor: readActor(process.env), app: version});
		await checkLocks(stateDir);
		return {lines: ['  can be written'], code: 0};
	} catch (error) {
		const hint = error instanceof AuditError ? error.hint : 'look at it';
		const consequence = readOnly ? '--read-only does not need it' : 'no action can run until it can be written';
		return {lines: [`  ${messageOf(error)}; ${consequence}`, `    ${hint}`], code: readOnly ? 0 : 1};
	}
}

/** Takes and releases a lock: every action needs one. @throws AuditError when no lock can be taken. */
async function checkLocks(stateDir: string): Promise<void> {
	if (!existsSync(stateDir)) return;
	const about = 'midwatch doctor';
	const locks = await lockObjects(createObjectLocks(stateDir), {target: about, names: ['a check'], about});
	if (!('release' in locks)) throw new AuditError(locks.reason, locks.hint);
	await locks.release();
}

async function checkAuditReading(dir: string): Promise<CheckResult> {
	let reports: readonly FileReport[];
	try {
		reports = await verifyDirectory(dir);
	} catch (error) {
		return {lines: [`  cannot be read: ${messageOf(error)}`, `    ${auditHint(error, dir)}`], code: 2};
	}
	const count = reports.reduce((sum, {records}) => sum + records, 0);
	const problems = reports.flatMap(({path, faults, inconclusive}) =>
		[...faults, ...inconclusive].map(({text}) => `${path}: ${text}`),
	);
	if (problems.length === 0) {
		const summary = count === 0 ? 'no records yet' : `${count} ${count === 1 ? 'record' : 'records'}, sound`;
		return {lines: [`  ${summary}`], code: 0};
	}
	const isFaulty = reports.some(({faults}) => faults.length > 0);
	return {
		lines: [
			`  ${isFaulty ? 'not sound' : 'not known to be sound'}: ${problems[0]}`,
			...(problems.length > 1 ? [`    and ${problems.length - 1} more`] : []),
			'    copy the directory before you change anything in it; midwatch audit verify lists every fault',
		],
		code: 1,
	};
}
