import {createAuditSink} from '../../adapters/outbound/sink.ts';
import {createDeliveryCursor, readLogEnd} from '../../src/audit/delivery-cursor.ts';
import type {NamedSink} from '../../src/config/audit-sinks.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {type CheckResult, worstCode} from './check-result.ts';

const sinkTimeoutMs = 5000;

/**
 * Checks each audit sink: whether it can be reached (by sending it no record), and which records it has accepted.
 * @returns code 1: a required sink cannot be reached.
 */
export async function checkSinks(sinks: readonly NamedSink[], stateDir: string, dir: string): Promise<CheckResult> {
	const results = await Promise.all(sinks.map(sink => checkSink(sink, stateDir, dir)));
	return {lines: results.flatMap(({lines}) => lines), code: worstCode(results)};
}

async function checkSink(named: NamedSink, stateDir: string, dir: string): Promise<CheckResult> {
	const {name, destination, required, byPolicy, include, settings} = named;
	const traits = [
		required ? 'required' : 'not required',
		...(byPolicy ? ['by the policy of this machine'] : []),
		include.length === 0 ? 'ids and hashes only' : `with ${include.join(', ')}`,
	];
	const heading = cleanLine(`copies to ${name}, ${settings.kind} at ${destination}, ${traits.join(', ')}`);
	const accepted = await createDeliveryCursor(stateDir, name).read();
	const end = await readLogEnd(dir).catch(() => undefined);
	// The number of waiting records is unknown when the log cannot be read.
	const waiting = accepted && end && `, ${Math.max(0, end.seq - accepted.seq)} wait`;
	const progress =
		accepted === undefined
			? '  has accepted no record yet'
			: `  has accepted all records up to ${accepted.seq}${waiting ?? ''}`;
	try {
		const sink = createAuditSink(settings);
		await sink.send([], AbortSignal.timeout(sinkTimeoutMs)).finally(() => sink.close());
		return {lines: [heading, progress, '  can be reached'], code: 0};
	} catch (error) {
		const hint = isAdapterError(error) ? [`    ${cleanLine(error.hint)}`] : [];
		const consequence = required ? 'no action can run until it can, except by break-glass' : 'records wait';
		const line = cleanLine(`  cannot be reached: ${messageOf(error)}; ${consequence}`);
		return {lines: [heading, progress, line, ...hint], code: required ? 1 : 0};
	}
}
