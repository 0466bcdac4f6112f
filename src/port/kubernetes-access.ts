import type {ProgramApproval} from '../contract/program-approval.ts';
import type {Secret} from '../contract/target.ts';

/*
 * How one cluster is reached and who we are there: a context of a kubeconfig, read and resolved. Paths are absolute. What is secret stays
 * behind `Secret`, which reads its file at each `reveal`, because files are replaced while midwatch runs. PEM text is a `Secret` too.
 */

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export type ExecPlugin = {
	readonly apiVersion: string;
	/** As kubectl resolves it, but never from the current directory: an absolute path, or a bare name that PATH does not have. */
	readonly command: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly interactive: 'Never' | 'IfAvailable' | 'Always';
	/** The plugin is told which cluster it is for. */
	readonly provideClusterInfo: boolean;
	/** The cluster's own settings for the plugin: extension `client.authentication.k8s.io/exec`. */
	readonly config: unknown;
	readonly installHint: string | undefined;
	/** Where it runs: the home directory, never the current one. */
	readonly cwd: string;
	/** Asked before each run. @throws AdapterError `denied` with the reason why it may not run, or that it waits for approval. */
	permit(): Promise<void>;
	/** What the user has to approve first. @throws AdapterError `denied` when approval would not help. */
	approval(): Promise<ProgramApproval | undefined>;
};

export type Impersonation = {
	readonly user: string;
	readonly uid?: string | undefined;
	readonly groups: readonly string[];
	readonly extra: Readonly<Record<string, readonly string[]>>;
};

/** How a request proves who sends it. A client certificate may go together with any of the others. */
export type ClusterLogin = {
	readonly certificate: {readonly cert: Secret; readonly key: Secret} | undefined;
	readonly by:
		| {readonly kind: 'none'}
		| {readonly kind: 'token'; readonly token: Secret}
		/** Read again about once a minute, and at once after the server refused it. */
		| {readonly kind: 'token-file'; readonly token: Secret}
		| {readonly kind: 'basic'; readonly username: string; readonly password: Secret}
		| {readonly kind: 'exec'; readonly plugin: ExecPlugin};
};

export type ClusterAccess = {
	/** Name of the context; `in-cluster` inside a pod. */
	readonly context: string;
	/** Scheme, host, port and perhaps a path, without a slash at the end. */
	readonly server: string;
	/** The system's own authorities when absent. */
	readonly authority: Secret | undefined;
	/** True: the kubeconfig says that the server's certificate is not to be checked. */
	readonly insecure: boolean;
	/** The name the server's certificate must carry, when it is not that of `server`. */
	readonly servername: string | undefined;
	/** `proxy-url` of the cluster; else HTTPS_PROXY and NO_PROXY are asked. */
	readonly proxy: string | undefined;
	/** The context's own namespace. */
	readonly namespace: string;
	readonly login: ClusterLogin;
	readonly impersonate: Impersonation | undefined;
};
