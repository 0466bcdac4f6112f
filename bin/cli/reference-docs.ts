import {z} from 'zod';
import {auditSchema} from '../../src/config/audit-schema.ts';
import {configSchema} from '../../src/config/config-schema.ts';
import {policySchema, ruleSchema} from '../../src/config/policy-file.ts';
import type {Action} from '../../src/contract/action.ts';
import type {System} from '../../src/contract/system.ts';
import {keyBindings, type Scope, type TitledPane} from '../../src/input/keymap.ts';
import {panes} from '../panes.ts';
import {systems} from '../systems.ts';

/* docs/keys.md, docs/actions.md and docs/config.md: written from the declarations by `npm run docs`, and held to them by a test. */

const note = '<!-- Written by `npm run docs` from the declarations. Change those. -->\n';

const table = (headers: readonly string[], rows: readonly (readonly string[])[]): string => {
	const line = (cells: readonly string[]) =>
		`| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
	return [line(headers), line(headers.map(() => '---')), ...rows.map(line)].join('\n');
};

const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);
const keysOf = (keys: readonly string[]): string => keys.map(code).join(' ');

/** All kinds of rows that an action or inspection is for. */
const kindsOf = ({kind, also = []}: Pick<Action, 'kind' | 'also'>): readonly string[] => [kind, ...also];

const scopes: Readonly<Record<Scope, string>> = {
	deck: 'On the deck',
	any: 'Everywhere, unless a line is being typed',
	list: 'In a list',
	document: 'In a text',
	field: 'In a line that is being typed',
	confirm: 'In a confirmation',
};

/** docs/keys.md: the keys of midwatch by scope, then those of each system's actions and inspections. */
export function keysReference(systems: readonly System[], panes: readonly TitledPane[]): string {
	const parts = [
		`${note}# Keys\n`,
		'Lower-case letters look, capital letters act. Every key can be given another place under `keys:` in the configuration, by the name in the last column.\n',
	];
	for (const scope of Object.keys(scopes) as Scope[]) {
		const own = keyBindings(panes).filter(binding => binding.scope === scope);
		const rows = own.map(({keys, title, intent}) => [keysOf(keys), title, code(intent)]);
		parts.push(`## ${scopes[scope]}\n`, `${table(['key', 'does', 'name'], rows)}\n`);
	}
	for (const {title, actions, inspections} of systems) {
		const looks = inspections.map(of => [keysOf([of.key]), of.title, kindsOf(of).join(', '), code(of.id)]);
		const acts = actions.map(of => [keysOf([of.key]), `**${of.title}**`, kindsOf(of).join(', '), code(of.id)]);
		parts.push(`## On rows of ${title}\n`, `${table(['key', 'does', 'on rows of', 'name'], [...looks, ...acts])}\n`);
	}
	return parts.join('\n');
}

/** Every action and what it asks for, and every inspection. */
function actionsReference(systems: readonly System[]): string {
	const parts = [
		`${note}# Actions and inspections\n`,
		'An action shows what it will do, checks it again when it is confirmed, records it before it is sent, and looks afterwards whether it helped. What a confirmation asks for follows from the way back, the risk and the number of objects of that one plan: `y` and Enter for one object that is undone exactly, its short name where it is not, and the number and a reason too for several objects or where data goes.\n',
		'A plan is bound to what its confirmation shows: when a bound fact changes before the plan is sent, nothing is sent. A fact that is not bound has its reason.\n',
	];
	for (const {title, actions, inspections, sources} of systems) {
		parts.push(`## ${title}\n`);
		for (const action of actions) {
			const {id, title: name, key, selects, params, shows, undo} = action;
			const kinds = kindsOf(action);
			const facts = [
				`- key ${code(key)}, on ${selects === 'one' ? 'one row' : 'one row or several'} of ${kinds.map(code).join(' or ')}`,
				...params.map(param => `- asks for ${param.label}: ${param.hint}`),
				'impossible' in undo
					? `- no way back: ${undo.impossible}`
					: '- can be undone: the undo is an action of its own, previewed and confirmed like the first',
			];
			const shown = shows.map(one => [
				one.fact,
				'bound' in one ? `bound: ${one.bound}` : `**not bound**: ${one.notBound}`,
			]);
			parts.push(`### ${name} (${code(id)})\n`, `${facts.join('\n')}\n`);
			parts.push(`${table(['the confirmation shows', 'when it changes before the plan is sent'], shown)}\n`);
		}
		const looks = inspections.map(of => [
			keysOf([of.key]),
			of.title,
			kindsOf(of).map(code).join(' '),
			of.risk,
			code(of.id),
		]);
		if (looks.length > 0) parts.push('### Inspections\n', `${table(['key', 'shows', 'of', 'risk', 'name'], looks)}\n`);
		const reads = sources.map(({kind, title: name, intervalMs, timeoutMs, cost}) => [
			code(kind),
			name,
			`${intervalMs / 1000} s`,
			`${timeoutMs / 1000} s`,
			cost === 'costly' ? 'costly: only while someone looks' : 'cheap',
		]);
		parts.push('### What is read\n', `${table(['rows', 'title', 'every', 'gives up after', 'cost'], reads)}\n`);
	}
	return parts.join('\n');
}

type Property = {
	readonly description?: string;
	readonly default?: unknown;
	readonly type?: string;
	readonly const?: unknown;
	readonly enum?: readonly unknown[];
	readonly properties?: Readonly<Record<string, Property>>;
	readonly items?: Property & {readonly oneOf?: readonly Property[]; readonly anyOf?: readonly Property[]};
	readonly required?: readonly string[];
};

function typeOf({const: only, enum: words, type, items}: Property): string {
	if (only !== undefined) return code(String(only));
	if (words !== undefined) return words.map(word => code(String(word))).join(' ');
	if (type === 'array') return items?.type === 'string' ? 'list of texts' : 'list';
	return {object: 'keys', string: 'text', integer: 'whole number', boolean: '`true` `false`'}[type ?? ''] ?? '';
}

/** The keys of one mapping, those of mappings inside it with a dot. */
function rowsOf(properties: Readonly<Record<string, Property>>, prefix = ''): readonly (readonly string[])[] {
	return Object.entries(properties).flatMap(([key, property]) => {
		const standard =
			property.default === undefined || typeof property.default === 'object' ? '' : code(String(property.default));
		const row = [code(`${prefix}${key}`), typeOf(property), standard, property.description ?? ''];
		return [row, ...rowsOf(property.properties ?? {}, `${prefix}${key}.`)];
	});
}

const schemaOf = (schema: z.ZodType): Property => z.toJSONSchema(schema, {unrepresentable: 'any'}) as Property;
const headers = ['key', 'value', 'default', 'meaning'];

/** Every key of the configuration and of the machine's policy. */
function configReference(): string {
	const schema = schemaOf(configSchema);
	const kinds = schema.properties?.['targets']?.items?.oneOf ?? schema.properties?.['targets']?.items?.anyOf ?? [];
	const parts = [
		`${note}# Configuration\n`,
		'Read from the file after `--config`, else from the one `MIDWATCH_CONFIG` names, else from `$XDG_CONFIG_HOME/midwatch/config.yaml` (`~/.config/midwatch/config.yaml`); never from the current directory: HOME, XDG_CONFIG_HOME and XDG_STATE_HOME must be absolute, else the start ends with one line and status 2. A file that others can write is refused; so are the kubeconfig, the kuberc, the files of tokens, certificates and keys that a kubeconfig names, those of `tls.ca` and `tls.cert`, and a PostgreSQL service file; `.pgpass`, `tls.key` and the files of `${file:…}` must be readable by you alone. Keys that are not listed here are mistakes.\n',
		'Without a configuration, or without `targets` in it, targets are found in the kubeconfig (its current context), `PGSERVICE`, `PGHOST` and its kin, `DATABASE_URL`, `REDIS_URL`, `KAFKA_BROKERS`, `PROMETHEUS_URL` and `ALERTMANAGER_URL`. They are guarded.\n',
		example,
		`${table(headers, rowsOf(schema.properties ?? {}))}\n`,
	];
	for (const {properties = {}} of kinds) {
		parts.push(`## A target of kind ${properties['kind']?.const}\n`, `${table(headers, rowsOf(properties))}\n`);
	}
	const sinks = schemaOf(auditSchema).properties?.['sinks']?.items;
	parts.push('## Copies of the record\n', copies);
	for (const {properties = {}} of sinks?.oneOf ?? sinks?.anyOf ?? []) {
		parts.push(`### A sink of kind ${properties['kind']?.const}\n`, `${table(headers, rowsOf(properties))}\n`);
	}
	parts.push(
		secrets,
		'## The policy of a machine\n',
		policy,
		`${table(headers, rowsOf(schemaOf(policySchema).properties ?? {}))}\n`,
		policyRules,
		`${table(headers, rowsOf(schemaOf(ruleSchema).properties ?? {}))}\n`,
		policyLimits,
	);
	return parts.join('\n');
}

const example = `\`\`\`yaml
targets:
  - name: orders-db
    kind: postgres
    host: db1.internal
    database: orders
    user: midwatch
    password: \${env:ORDERS_DB_PASSWORD}
    tls: verify-full
  - name: sessions
    kind: redis
    production: false
    host: cache1.internal
    password: \${file:~/.config/midwatch/sessions.secret}
    replica: {host: cache2.internal}
keys:
  postgres.cancel: X
\`\`\`
`;

const copies = `\`audit\` in the configuration, in the policy of a machine, or in both: those of the policy cannot be taken away or given other words.

\`\`\`yaml
audit:
  sinks:
    - {name: siem, kind: syslog, to: "tls://log.example:6514", required: true}
    - {name: chat, kind: webhook, url: "https://hooks.example/midwatch", headers: {Authorization: "\${file:/run/secrets/hook}"}, include: [reason]}
\`\`\`

- Records go out in the order of the chain, each once or more: the same \`id\` is the same record. \`seq\`, \`prev\` and \`hash\` let the receiver prove that one is missing. What cannot be delivered waits in the log itself, also over a restart, and is tried again.
- With \`required: true\` an action is sent only when the sink took its intent within 5 seconds. Else nothing is done, and the record says so. A break-glass (\`:\`, then \`break-glass\`) lets actions be done for 10 minutes at most: it asks for a typed word and a reason, is recorded on this machine first, is shown in the header in red, and what was recorded meanwhile is delivered later.
- Taken means: a syslog server over TCP, TLS or a stream socket read to our end and closed without an error; the queue of a datagram socket took it (this needs \`logger\` of util-linux in an absolute directory of PATH, where only you and root can write it); a webhook answered with a status from 200 to 299. What becomes of it there is not known.
- Ids, hashes, numbers, the names of targets and actions, the address and identity of servers, and who sat where leave always; anything else only by \`include\`; secrets never.
`;

const secrets = `## Secrets

| reference | read |
| --- | --- |
| \`\${env:NAME}\` | from the environment, at each connect |
| \`\${file:/path}\` | from a file that only you can read (mode 600), at each connect; a line end at its end does not count |
| \`\${exec:[command, argument]}\` | from what the command prints; it is run without a shell, has 10 seconds, and is asked again after a minute |

A command is a name that PATH has or an absolute path, never a path that starts from the current directory; it runs in your home directory. Its arguments are never shown; when it fails, the lines of its stderr that say why are shown, with secrets redacted.

A command that knows when its secret expires prints \`{"secret": "…", "expires": "2026-01-31T12:00:00Z"}\`; then it is asked again a minute before that.
`;

const policy = `\`/etc/midwatch/policy.yaml\`, owned by root, in directories that root owns and no one else can write. Each key can only tighten what the configuration and the command line allow.

- A file that cannot be read, trusted or understood stops the start, whatever is at that path: a directory, a pipe, a link that leads nowhere. So does a file that says nothing, such as an emptied one (write \`{}\` to forbid nothing), and a word in it that means nothing: an unknown key, action, system or host that no target can have.
- A console reads it again every two seconds and before each act. What was tightened holds at once, also for an open confirmation and an armed target. While it is missing or cannot be used, looking goes on and every act is refused.
- The header, \`t\` and \`midwatch doctor\` show that it is in force and what it does to which target, and doctor what in it is about no target here.

\`\`\`yaml
guard: all
forbid: [redis.*]
rules:
  - match: {kind: postgres, host: "*.prod.example"}
    readOnly: true
  - match: {host: [kafka1.internal, kafka2.internal], port: 9092}
    maxObjects: 5
\`\`\`
`;

const policyRules = 'Each of `rules` holds:\n';

const policyLimits = `A target is what its settings say. Hosts are compared without regard to case, a dot at the end or the spelling of an address (\`127.1\` is \`127.0.0.1\`), and all that leads to this machine (\`localhost\`, 127.0.0.0/8, \`::1\`, a Unix socket) is one host. Names are not looked up: a server that is reached by another name, by its address or through a tunnel is another host, so a rule lists them all, or \`localhost\` for tunnels. Where the host cannot be known, as behind \`via\` or while a kubeconfig cannot be read, every rule about hosts holds.

A name in \`readOnlyTargets\` that no target here has is no mistake, since the file is written for all users of a machine; but a target whose name differs from it by one letter within a word is read-only too, and says why.

The policy is a rail for midwatch, and no wall against a user who can reach the servers by other means.
`;

/** The files in docs/ that follow from the declarations. */
export const referenceDocs: Readonly<Record<string, () => string>> = {
	'keys.md': () => keysReference(systems, panes),
	'actions.md': () => actionsReference(systems),
	'config.md': configReference,
};
