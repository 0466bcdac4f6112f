import type {ProgramApproval} from '../contract/program-approval.ts';
import type {Secret} from '../contract/target.ts';

/*
 * How to reach and log in to a cluster: a resolved context of a kubeconfig. Paths are absolute. Secret values are a `Secret`, which reads
 * its file at each `reveal`, because files are replaced while midwatch runs. PEM text is a `Secret`, too.
 */

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export type ExecPlugin = {
	readonly apiVersion: string;
	/** Resolved like kubectl does, but never from the current directory: an absolute path, or a bare name that is not in PATH. */
	readonly command: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly interactive: 'Never' | 'IfAvailable' | 'Always';
	/** Whether the plugin receives the cluster in KUBERNETES_EXEC_INFO. */
	readonly provideClusterInfo: boolean;
	/** The cluster's own settings for the plugin: extension `client.authentication.k8s.io/exec`. */
	readonly config: unknown;
	readonly installHint: string | undefined;
	/** Working directory: the home directory, never the current one. */
	readonly cwd: string;
	/** Called before each run. @throws AdapterError `denied` with the reason why it may not run, such as a missing approval. */
	permit(): Promise<void>;
	/** The approval that the user must give first; undefined: none. @throws AdapterError `denied` when approval would not help. */
	approval(): Promise<ProgramApproval | undefined>;
};

export type Impersonation = {
	readonly user: string;
	readonly uid?: string | undefined;
	readonly groups: readonly string[];
	readonly extra: Readonly<Record<string, readonly string[]>>;
};

/** How requests are authenticated. A client certificate may be combined with any of the others. */
export type ClusterLogin = {
	readonly certificate: {readonly cert: Secret; readonly key: Secret} | undefined;
	readonly by:
		| {readonly kind: 'none'}
		| {readonly kind: 'token'; readonly token: Secret}
		/** The file is read about once a minute, and at once after the server refused the token. */
		| {readonly kind: 'token-file'; readonly token: Secret}
		| {readonly kind: 'basic'; readonly username: string; readonly password: Secret}
		| {readonly kind: 'exec'; readonly plugin: ExecPlugin};
};

export type ClusterAccess = {
	/** Name of the context; `in-cluster` inside a pod. */
	readonly context: string;
	/** Scheme, host, port and perhaps a path, without a slash at the end. */
	readonly server: string;
	/** CA certificates; undefined: those of Node. */
	readonly authority: Secret | undefined;
	/** The kubeconfig disables verification of the server's certificate. */
	readonly insecure: boolean;
	/** The name the server's certificate must carry, when it is not that of `server`. */
	readonly servername: string | undefined;
	/** `proxy-url` of the cluster; undefined: HTTPS_PROXY and NO_PROXY apply. */
	readonly proxy: string | undefined;
	/** The default namespace of the context. */
	readonly namespace: string;
	readonly login: ClusterLogin;
	readonly impersonate: Impersonation | undefined;
};
