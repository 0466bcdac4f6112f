import type {Context} from '../contract/context.ts';
import type {Labels} from '../contract/row.ts';
import type {HttpSettings} from './http.ts';

/*
 * What the Targets pane needs from an Alertmanager: API v2 (0.16 and newer, and compatible servers). Every member rejects with
 * AdapterError, and at once when `context.signal` fires. Moments are the server's own text, RFC 3339, so that they compare exactly.
 */

/** What configuration gives for one target of kind `alertmanager`. `url` leads to the root under which `/api/v2` is served. */
export type AlertmanagerSettings = HttpSettings;

export type Matcher = {
	readonly name: string;
	readonly value: string;
	/** `=~` and `!~`: an RE2 expression that must match the complete value. */
	readonly isRegex: boolean;
	/** False: `!=` and `!~`. */
	readonly isEqual: boolean;
};

/** One alert that an Alertmanager received and that is not resolved. */
export type AlertFacts = {
	/** A hash of its labels: the same alert has the same one whenever it fires. */
	readonly fingerprint: string;
	readonly labels: Labels;
	readonly annotations: Labels;
	/** `suppressed`: silenced or inhibited · `unprocessed`: just received. */
	readonly state: 'active' | 'suppressed' | 'unprocessed';
	/** Ids of silences. */
	readonly silencedBy: readonly string[];
	/** Fingerprints of alerts. */
	readonly inhibitedBy: readonly string[];
	readonly receivers: readonly string[];
	readonly startsAt: string;
	readonly updatedAt: string;
	/** URL of its rule, usually on a Prometheus; empty when the sender gave none. */
	readonly generatorURL: string;
};

export type Silence = {
	readonly id: string;
	readonly state: 'pending' | 'active' | 'expired';
	readonly matchers: readonly Matcher[];
	readonly startsAt: string;
	readonly endsAt: string;
	readonly updatedAt: string;
	readonly createdBy: string;
	readonly comment: string;
};

export type AlertmanagerStatus = {
	readonly version: string;
	/** When the Alertmanager was started, in its own text. */
	readonly uptime: string;
	/** The state of its gossip cluster; `disabled`: it runs alone. */
	readonly cluster: 'ready' | 'settling' | 'disabled';
	/** The number of members, itself included; 0 when it runs alone. */
	readonly peers: number;
};

/** A silence to create. It begins at once unless `startsAt` is set. */
export type NewSilence = Pick<Silence, 'matchers' | 'endsAt' | 'createdBy' | 'comment'> & {
	readonly startsAt?: string | undefined;
};

/** For an act: `record` is the id of its audit record, and travels in User-Agent. */
export type AlertmanagerWriteContext = Context & {readonly record: string};

export type AlertmanagerPort = {
	/** All alerts; with matchers those that a silence with them would suppress, matched by the server. */
	alerts(context: Context, matchers?: readonly Matcher[]): Promise<readonly AlertFacts[]>;
	/** All silences that the server still stores, including expired ones (by default for five days). */
	silences(context: Context): Promise<readonly Silence[]>;
	status(context: Context): Promise<AlertmanagerStatus>;
	/**
	 * POST /api/v2/silences, once. For `alert`, reads first that this still fires and is silenced by the same silences.
	 * @returns the id of the silence.
	 * @throws AdapterError `conflict` when it is not (nothing was sent); `denied` on a connection that was opened read-only.
	 */
	createSilence(
		silence: NewSilence,
		alert:
			| {readonly fingerprint: string; readonly startsAt: string; readonly silencedBy: readonly string[]}
			| undefined,
		context: AlertmanagerWriteContext,
	): Promise<string>;
	/**
	 * DELETE /api/v2/silence/ID, once, after reading that it has not ended and still ends at `endsAt`.
	 * @throws AdapterError `conflict` when it does not (nothing was sent); `denied` on a connection that was opened read-only.
	 */
	expireSilence(silence: Pick<Silence, 'id' | 'endsAt'>, context: AlertmanagerWriteContext): Promise<void>;
};
