import type {Action} from './action.ts';
import type {Context} from './context.ts';
import type {FindingType} from './finding-type.ts';
import type {Grants} from './grants.ts';
import type {Identity} from './identity.ts';
import type {Inspection} from './inspection.ts';
import type {ProgramApproval} from './program-approval.ts';
import type {Correlate} from './reading.ts';
import type {Row, SystemKind} from './row.ts';
import type {Source} from './source.ts';
import type {Target} from './target.ts';
import type {Endpoint, TargetAttributes} from './target-attributes.ts';
import type {TargetConfig} from './target-config.ts';

/** Something a pane or an action needs from the server. */
export type Permission = {
	/** The feature that needs it: `sessions of other users`, `postgres.terminate`. */
	readonly needs: string;
	/** The server's own name for it: `pg_read_all_stats`, `+config|set`. */
	readonly name: string;
	readonly state: 'have' | 'lack' | 'unknown';
	/** The statement with which an administrator grants it; empty when we have it. */
	readonly grant: string;
};

export type Connection<Port> = {
	readonly port: Port;
	/** Reads the server's version, our user and the latency. */
	identify(context: Context): Promise<Identity>;
	permissions(context: Context): Promise<readonly Permission[]>;
	/**
	 * Logs in interactively; the login program has the terminal's input and stderr. Called only on a key press. No timeout: the user ends it.
	 * @throws AdapterError `unsupported` when this target needs no interactive login, `denied` when the login failed.
	 */
	login?(): Promise<void>;
	/** The login program that needs the user's approval first. @throws AdapterError `denied` when approval would not help. */
	approval?(): Promise<ProgramApproval | undefined>;
	/** Never hangs, never throws; may be called twice. */
	close(): Promise<void>;
};

export type ConnectOptions = {
	/** The port's writes throw `denied` and nothing is sent. */
	readonly readOnly: boolean;
	/**
	 * Returns the connection of another target, one of the `links` of this one. `Port` is that of the system of the link: the configuration is
	 * refused when the target is of another kind. It stays open for its own readers: do not close it. Absent when no other target is watched.
	 * @throws AdapterError of connecting; `unsupported` when that target is not watched.
	 */
	linked?<Port>(name: string): Promise<Connection<Port>>;
};

/** Another target that the settings of a target name. */
export type TargetLink = {
	/** The name of that target. */
	readonly name: string;
	readonly kind: SystemKind;
	/** The keys in the entry of the configuration that lead to the name. */
	readonly path: readonly string[];
};

/** Returns the attributes of another target; undefined when there is none of that name. Never rejects. */
export type AttributesOf = (name: string) => Promise<TargetAttributes | undefined>;

/**
 * A kind of server, declared as data. `Port` and `Settings` are the system's own types; everything outside its folder sees `System`,
 * and gives it back only the targets and ports that belong to it.
 */
export type System<Port = unknown, Settings = unknown> = {
	readonly kind: SystemKind;
	readonly title: string;
	/** The title in narrow columns; default: the kind. */
	readonly short?: string;
	readonly sources: readonly Source<Row, Port, Settings>[];
	readonly actions: readonly Action<Row, Port, unknown, Settings>[];
	readonly inspections: readonly Inspection<Row, Port, Settings>[];
	/** Every type of finding that its sources report. */
	readonly findingTypes: readonly FindingType[];
	/** Correlators over the readings of all targets, applied in this order while a target of this system is watched. Each call creates one with its own cache. */
	readonly correlators?: readonly (() => Correlate)[];
	/** Loads how its targets are configured and discovered: the schema of the keys, and what reads them. */
	loadConfig(): Promise<TargetConfig<Settings>>;
	/** The endpoint of a target, the user and TLS in one line, without secrets. */
	describeAddress?(settings: Settings): string;
	/**
	 * The address that names the server in the locks on its objects: two consoles that give the target different names have the same one.
	 */
	serverAddress?(settings: Settings): readonly Endpoint[] | string;
	/** The other targets that these settings name. The configuration must have each of them. */
	links?(settings: Settings): readonly TargetLink[];
	/**
	 * Reads the attributes that rules of the machine policy match, `kind` apart. Connects to nothing, and runs no program. What cannot be read is
	 * `unknown`, as everything is without this function: it never rejects.
	 */
	readAttributes?(
		settings: Settings,
		attributesOf: AttributesOf,
	): Promise<Omit<TargetAttributes, 'kind'>> | Omit<TargetAttributes, 'kind'>;
	/** The least privileges for `who` (default: the user of the settings), printed by `midwatch doctor --grants`. Does not connect. */
	grants?(target: Target<Settings>, who: string | undefined): Grants;
	/**
	 * Loads the client library and returns without network access: the first read opens the socket, so an unreachable server is an
	 * ordinary failed read that is retried.
	 */
	connect(target: Target<Settings>, options: ConnectOptions): Promise<Connection<Port>>;
};
