import type {Action} from './action.ts';
import type {Context} from './context.ts';
import type {FindingType} from './finding-type.ts';
import type {Grants} from './grants.ts';
import type {HttpTransport} from './http-transport.ts';
import type {Identity} from './identity.ts';
import type {Inspection} from './inspection.ts';
import type {MetricsQuery} from './metrics-query.ts';
import type {ProgramApproval} from './program-approval.ts';
import type {Correlate} from './reading.ts';
import type {Row, SystemKind} from './row.ts';
import type {Source} from './source.ts';
import type {Target} from './target.ts';

/** Something a pane or an action needs from the server. */
export type Permission = {
	/** What needs it: `sessions of other users`, `postgres.terminate`. */
	readonly needs: string;
	/** The server's own name for it: `pg_read_all_stats`, `+config|set`. */
	readonly name: string;
	readonly state: 'have' | 'lack' | 'unknown';
	/** The line an administrator runs to give it; empty when we have it. */
	readonly grant: string;
};

export type Connection<Port> = {
	readonly port: Port;
	/** Asks the server who it is. */
	identify(context: Context): Promise<Identity>;
	permissions(context: Context): Promise<readonly Permission[]>;
	/**
	 * Logs in with the person at the terminal, whose input and stderr are free for it meanwhile; never called but by a key. Has no time limit:
	 * the person ends it. @throws AdapterError `unsupported` when this target is logged in to without a terminal, `denied` when it failed.
	 */
	login?(): Promise<void>;
	/** What waits for the user's approval before this target can log in. @throws AdapterError `denied` when approval would not help. */
	approval?(): Promise<ProgramApproval | undefined>;
	/** Never hangs, never throws, and may be called twice. */
	close(): Promise<void>;
};

export type System<Port = unknown> = {
	readonly kind: SystemKind;
	readonly title: string;
	/** What it is called where there is little room; its kind unless told. */
	readonly short?: string;
	readonly sources: readonly Source<Row, Port>[];
	readonly actions: readonly Action<Row, Port>[];
	readonly inspections: readonly Inspection<Row, Port>[];
	/** Every type of finding that its sources report. */
	readonly findingTypes: readonly FindingType[];
	/** Correlators over the readings of all targets, applied in this order while a target of this system is watched. Each call makes one with a cache of its own. */
	readonly correlators?: readonly (() => Correlate)[];
	/** The least that `who`, else the user of the settings, has to be given: printed by `midwatch doctor --grants`. Connects to nothing. */
	grants?(target: Target, who: string | undefined): Grants;
	/**
	 * Cheap and synchronous in effect: loads the client library and returns; the socket is opened by the first read, so that an
	 * unreachable server is an ordinary failed read that is tried again. `readOnly` connections have no acts: they throw `denied`.
	 */
	connect(
		target: Target,
		/**
		 * `via`: how requests go out when settings say `via: kubernetes`; it is closed with the connection. `metrics`: asks the Prometheus target
		 * that settings name.
		 */
		options: {
			readonly readOnly: boolean;
			readonly via?: HttpTransport | undefined;
			readonly metrics?: MetricsQuery | undefined;
		},
	): Promise<Connection<Port>>;
};
