import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {readActor} from '../../src/audit/actor.ts';
import {AuditError, auditHint} from '../../src/audit/audit-log.ts';
import {checkWritable} from '../../src/audit/check-writable.ts';
import {type FileReport, verifyDirectory} from '../../src/audit/verify-log.ts';
import {messageOf} from '../../src/errors.ts';
import {lockObjects} from '../../src/remedy/lock-objects.ts';
import {createObjectLocks} from '../../src/remedy/object-lock.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import {version} from '../version.ts';

type CheckResult = {readonly lines: readonly string[]; readonly code: 0 | 1 | 2};

/**
 * Where the record of what was done is, whether it can be written, and whether it is sound.
 * @returns code 1: it cannot be written although something may be done, or is not sound; 2: it cannot be read.
 */
export async function checkAudit(stateDir: string, readOnly: boolean): Promise<CheckResult> {
	const dir = join(stateDir, 'audit');
	const [writing, reading] = await Promise.all([checkAuditWriting(stateDir, readOnly), checkAuditReading(dir)]);
	const lines = [`the record of what was done, ${dir}`, ...reading.lines, ...writing.lines].map(cleanLine);
	return {lines, code: reading.code > writing.code ? reading.code : writing.code};
}

async function checkAuditWriting(stateDir: string, readOnly: boolean): Promise<CheckResult> {
	try {
		await checkWritable({stateDir, clock: systemClock, actor: readActor(process.env), app: version});
		await checkLocks(stateDir);
		return {lines: ['  can be written'], code: 0};
	} catch (error) {
		const hint = error instanceof AuditError ? error.hint : 'look at it';
		const consequence = readOnly ? 'needed for nothing while --read-only' : 'nothing can be changed until it can';
		return {lines: [`  ${messageOf(error)}; ${consequence}`, `    ${hint}`], code: readOnly ? 0 : 1};
	}
}

/** An action needs its locks as it needs its record. @throws AuditError when none can be taken. */
async function checkLocks(stateDir: string): Promise<void> {
	if (!existsSync(stateDir)) return;
	const about = 'midwatch doctor';
	const taken = await lockObjects(createObjectLocks(stateDir), {target: about, names: ['a check'], about});
	if (!('release' in taken)) throw new AuditError(taken.reason, taken.hint);
	await taken.release();
}

async function checkAuditReading(dir: string): Promise<CheckResult> {
	let reports: readonly FileReport[];
	try {
		reports = await verifyDirectory(dir);
	} catch (error) {
		return {lines: [`  cannot be read: ${messageOf(error)}`, `    ${auditHint(error, dir)}`], code: 2};
	}
	const found = reports.reduce((sum, {records}) => sum + records, 0);
	const wrong = reports.flatMap(({path, faults, inconclusive: doubts}) =>
		[...faults, ...doubts].map(({text}) => `${path}: ${text}`),
	);
	if (wrong.length === 0) {
		const count = found === 0 ? 'no records yet' : `${found} ${found === 1 ? 'record' : 'records'}`;
		return {lines: [`  ${count}${found === 0 ? '' : ', sound'}`], code: 0};
	}
	const faulty = reports.some(({faults}) => faults.length > 0);
	return {
		lines: [
			`  ${faulty ? 'not sound' : 'not known to be sound'}: ${wrong[0]}`,
			...(wrong.length > 1 ? [`    and ${wrong.length - 1} more`] : []),
			'    midwatch audit verify tells all of it; keep a copy of the directory before anything else is done to it',
		],
		code: 1,
	};
}
