import type * as z from 'zod';
import type {Clock} from '../time/clock.ts';

/* How the targets of a system are configured and discovered. It is loaded only when a configuration is read. */

/** Reports a mistake at a key of the current entry. */
export type ReportMistake = (key: string, text: string) => void;

/** What the settings of a target may depend on outside the configuration file. Tests pass their own. */
export type SettingsEnvironment = {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The home directory; absolute. */
	readonly home: string;
	/** The operating system user; undefined when it has no name. */
	readonly systemUser: string | undefined;
	/** The folders in which servers of this machine have their Unix sockets, or folders with those; absolute. */
	readonly socketFolders: readonly string[];
	readonly clock: Clock;
	/** The state directory of this user; absolute. */
	readonly stateDir: string;
	/** The rules for programs that log in and are named by a file of another tool. Loading the configuration adds them. */
	readonly loginPrograms?: LoginProgramRules | undefined;
};

export type LoginProgramRules = {
	/** Reads `execPlugins` of the machine policy at each call; undefined when it sets no limit. @throws ConfigError when it cannot be used. */
	readonly policy: () => Promise<readonly string[] | undefined>;
	/** The configured keys that open the list of targets and log in there, for the hint. */
	readonly keys: {readonly targets: string; readonly login: string};
};

/** A server that was found in the environment. */
export type FoundTarget<Settings> = {
	/** The name of the target, which loses the characters that are hard to type. */
	readonly name: string;
	/** The variables or the file in which it was found, for `midwatch doctor`. */
	readonly origin: string;
	readonly settings: Settings;
	/** Of two found targets of one system with the same key the first is taken. */
	readonly serverKey?: string;
};

export type Discovery<Settings = unknown, Section = unknown> = {
	/** What it looks at, in one word: `REDIS_URL`. */
	readonly label: string;
	/** The same in words, for --help and docs/config.md. Default: `label`. */
	readonly description?: string;
	/**
	 * Returns undefined when there is nothing.
	 * @throws SettingsError, ConfigError or AdapterError when what is there cannot be used: it is noted, and hides no other target.
	 */
	find(
		environment: SettingsEnvironment,
		section: Section | undefined,
	): Promise<FoundTarget<Settings> | undefined> | FoundTarget<Settings> | undefined;
};

/** The keys of an entry of `targets` that each system has. */
export type CommonEntry = {readonly name: string; readonly kind: string; readonly production: boolean};

/** The validated entry of a target with these keys: defaults are filled in, references to secrets are still text. */
export type TargetEntry<Keys extends z.core.$ZodLooseShape> = CommonEntry & z.output<z.ZodObject<Keys>>;

export type TargetConfig<Settings = unknown, Entry = unknown, Section = unknown> = {
	/**
	 * The schema of each key except `name`, `kind` and `production`. Every message completes a sentence that starts with the name of the key;
	 * the description of a key is its line in docs/config.md.
	 */
	readonly keys: z.core.$ZodLooseShape;
	/** The schema of the section that has the name of the kind and holds for all its targets, including discovered ones. */
	readonly section?: z.ZodType;
	/** What `host` of a policy rule is compared with: `each broker`. */
	readonly hostMeaning: string;
	/** Further attributes that a policy rule can match. `linked`: those of the target that this one is reached through. */
	readonly ruleAttributes?: {readonly database?: 'own'; readonly cluster?: 'own' | 'linked'};
	/** Turns an entry into settings. When it reports a mistake, they are incomplete and must not be used. */
	readSettings(
		entry: Entry,
		report: ReportMistake,
		environment: SettingsEnvironment,
		section: Section | undefined,
	): Promise<Settings> | Settings;
	/** Where the tools of this system look for a server, applied in this order when no targets are configured. */
	readonly discoveries: readonly Discovery<Settings, Section>[];
};
