import type {SystemKind} from './row.ts';

/** Host and port in the settings of a target; `host` may also be the folder of a Unix socket. */
export type Endpoint = {readonly host: string; readonly port: number};

/** The attributes of a target from its settings, independent of its name. `unknown`: they cannot be read now. */
export type TargetAttributes = {
	readonly kind: SystemKind;
	readonly endpoints: readonly Endpoint[] | 'unknown';
	/** The connected database; undefined for a system without databases. */
	readonly database?: string | undefined;
	/** The context of the kubeconfig; undefined for a system without one. */
	readonly cluster?: {readonly context: string} | 'unknown' | undefined;
};
