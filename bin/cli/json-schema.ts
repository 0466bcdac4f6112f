import * as z from 'zod';

/* The schema of every `--json` output. `npm run docs` writes it as JSON Schema to docs/json-schema.json; tests hold the outputs to it. */

const time = z.iso.datetime().describe('ISO 8601, UTC');
const severity = z.enum(['ok', 'warn', 'crit', 'unknown']);
const rowKind = z.string().describe('<system>.<row>, for example postgres.session');

const finding = z.strictObject({
	id: z.string().describe('stays the same while the fault lasts'),
	type: z.string().describe('the stable name of the kind of fault'),
	target: z.string(),
	severity: z.enum(['warn', 'crit', 'unknown']),
	sentence: z.string(),
	since: time.optional(),
	atLeast: z.literal(true).optional().describe('it may have begun before `since`'),
	kind: rowKind,
	row: z.strictObject({kind: rowKind, id: z.string()}).optional(),
	evidence: z.array(z.string()),
	actions: z.array(z.string()),
	inspections: z.array(z.string()),
	subjects: z.array(z.record(z.string(), z.string())).optional(),
});

const server = z.strictObject({
	version: z.string(),
	who: z.string().describe('the user that midwatch is on the server'),
	latencyMs: z.number(),
	channel: z.enum(['local', 'verified', 'unverified', 'plain']),
	server: z.strictObject({host: z.string(), port: z.number().optional(), id: z.string().optional()}).optional(),
});

const reading = z.strictObject({
	target: z.string(),
	kind: rowKind,
	state: z.enum(['connecting', 'live', 'failed', 'paused']),
	readAt: time.optional(),
	ageSeconds: z.number().optional(),
	tookMs: z.number().optional(),
	rows: z.array(
		z
			.looseObject({id: z.string(), kind: rowKind, target: z.string(), severity, why: z.string().optional()})
			.describe('times are ISO 8601; the other fields depend on the row kind'),
	),
	omitted: z.number().describe('rows that the source had and the snapshot dropped'),
	sample: z.string().optional(),
	gauges: z.array(
		z.strictObject({
			id: z.string(),
			label: z.string(),
			value: z.number().nullish(),
			unit: z.enum(['count', 'bytes', 'ratio', 'seconds', 'per-second', 'text']),
			limit: z.number().nullish(),
			text: z.string().optional(),
			severity,
		}),
	),
	notes: z.array(z.strictObject({text: z.string(), hint: z.string().optional(), severity})),
	failure: z
		.strictObject({kind: z.string(), message: z.string(), hint: z.string(), since: time, attempts: z.number()})
		.optional(),
});

const snapshot = z.strictObject({
	from: z.string().describe('where the targets come from'),
	remarks: z.array(z.string()),
	targets: z.array(
		z.strictObject({
			name: z.string(),
			kind: z.string(),
			production: z.boolean(),
			origin: z.string().optional(),
			server: server.optional(),
		}),
	),
	panes: z.array(z.strictObject({id: z.string(), title: z.string(), kinds: z.array(rowKind)})),
	findings: z.array(finding),
	unread: z
		.array(z.strictObject({target: z.string(), kind: rowKind, text: z.string(), hint: z.string().optional()}))
		.describe('sources that were not read, or only in part'),
	readings: z.array(reading),
});

const checkResult = z.strictObject({
	lines: z.array(z.string()),
	exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]),
});

const doctor = z.strictObject({
	node: z.string(),
	platform: z.string(),
	from: z.string().describe('where the targets come from'),
	remarks: z.array(z.string()),
	audit: checkResult,
	sinks: checkResult,
	policy: z.array(z.string()),
	targets: z.array(
		z.strictObject({
			name: z.string(),
			kind: z.string(),
			address: z.string(),
			origin: z.string().optional(),
			access: z.enum(['read-only', 'open', 'guarded']),
			restrictions: z.string().describe('what the machine policy restricts; empty when nothing'),
			exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]),
			server: server.optional().describe('absent when the target is not reachable'),
			permissions: z
				.array(
					z.strictObject({
						needs: z.string(),
						name: z.string(),
						state: z.enum(['have', 'lack', 'unknown']),
						grant: z.string().describe('the statement that grants it; empty when it is there'),
					}),
				)
				.optional(),
			error: z
				.strictObject({
					during: z.enum(['connect', 'permissions']),
					kind: z.string().optional(),
					message: z.string(),
					hint: z.string().optional(),
				})
				.optional(),
		}),
	),
});

const line = z.strictObject({line: z.number().describe('0: the complete file'), text: z.string()});

const auditVerify = z.strictObject({
	files: z.array(
		z.strictObject({
			path: z.string(),
			records: z.number(),
			firstSeq: z.number().optional(),
			lastSeq: z.number().optional(),
			verdict: z.enum(['sound', 'not sound', 'not known to be sound']),
			faults: z.array(line),
			inconclusive: z.array(line),
			notes: z.array(line),
		}),
	),
	copy: z
		.strictObject({path: z.string(), compared: z.number(), faults: z.array(z.string()), gaps: z.array(z.string())})
		.optional(),
	errors: z.array(z.string()).describe('what could not be read'),
});

const auditShow = z.strictObject({
	records: z.array(z.looseObject({id: z.string(), kind: z.string(), seq: z.number(), ts: time})),
	errors: z.array(z.string()).describe('what could not be read'),
});

const envelope = <K extends string, D extends z.ZodType>(kind: K, data: D) =>
	z.strictObject({
		schemaVersion: z.literal(1).describe('changes when a field is removed or gets another meaning'),
		kind: z.literal(kind),
		midwatch: z.string().describe('the version of midwatch'),
		at: time,
		exitCode: z.number(),
		data,
	});

export const jsonOutputSchema = z.discriminatedUnion('kind', [
	envelope('snapshot', snapshot),
	envelope('doctor', doctor),
	envelope('audit-verify', auditVerify),
	envelope('audit-show', auditShow),
]);

export type JsonOutput = z.infer<typeof jsonOutputSchema>;

/** Returns docs/json-schema.json. */
export const jsonSchemaText = (): string => `${JSON.stringify(z.toJSONSchema(jsonOutputSchema), undefined, '\t')}\n`;
