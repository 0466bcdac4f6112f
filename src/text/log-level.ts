/** Log levels, the least severe first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

const names: Readonly<Record<string, LogLevel>> = {
	trace: 'trace',
	verbose: 'trace',
	debug: 'debug',
	info: 'info',
	information: 'info',
	notice: 'info',
	log: 'info',
	warn: 'warn',
	warning: 'warn',
	error: 'error',
	err: 'error',
	eror: 'error',
	severe: 'error',
	fatal: 'fatal',
	panic: 'fatal',
	critical: 'fatal',
	crit: 'fatal',
	alert: 'fatal',
	emergency: 'fatal',
	emerg: 'fatal',
};

/** The field of JSON, also inside of a longer line, as text or as the numbers of pino and bunyan (30 is info). */
const field = /"(?:level|lvl|severity|log\.level|loglevel|levelname)"\s*:\s*(?:"([a-z]+)"|(\d{2})\b)/i;
/** logfmt: `level=warn`, `lvl="warn"`. */
const pair = /(?:^|\s)(?:level|lvl|severity)="?([a-z]+)\b/i;
/** klog of Kubernetes: `E1122 14:05:22.000000`. */
const klog = /^([IWEF])\d{4} \d\d:\d\d/;
/** A separate word: `ERROR`, `[error]`, `error:` at the start. */
const word =
	/\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|PANIC|CRITICAL|SEVERE)\b|\[([a-z]{3,11})\]|^(?:\S+ )?(panic|fatal|error|warning)(?: error)?:/;

/** Words after this belong to the message. */
const headLength = 120;
const maxExaminedLength = 4000;

const klogLevels: Readonly<Record<string, LogLevel>> = {I: 'info', W: 'warn', E: 'error', F: 'fatal'};

/** Returns the level of a log line; undefined when it has none. */
export function parseLogLevel(line: string): LogLevel | undefined {
	const text = line.length > maxExaminedLength ? line.slice(0, maxExaminedLength) : line;
	if (text.includes('{')) {
		const found = field.exec(text);
		if (found !== null) {
			const [, name, digits] = found;
			return name === undefined
				? logLevels[Math.min(5, Math.max(0, Math.floor(Number(digits) / 10) - 1))]
				: named(name);
		}
	}
	const head = text.slice(0, headLength);
	const [, letter] = klog.exec(head) ?? [];
	if (letter !== undefined) return klogLevels[letter];
	const [, paired] = pair.exec(text) ?? [];
	const [, upper, bracketed, first] = word.exec(head) ?? [];
	return named(paired) ?? named(upper ?? bracketed ?? first);
}

const named = (name: string | undefined): LogLevel | undefined =>
	name === undefined ? undefined : names[name.toLowerCase()];
