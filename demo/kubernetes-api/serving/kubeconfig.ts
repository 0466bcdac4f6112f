import type {CertificatePair} from './certificates.ts';

export type KubeconfigOptions = {
	/** `https://127.0.0.1:6443` */
	readonly url: string;
	/** PEM text. */
	readonly ca: string;
	readonly context: string;
	readonly namespace?: string;
	/** How to log in: one of the two. */
	readonly token?: string;
	readonly certificate?: CertificatePair;
};

/** A kubeconfig with one context. JSON, which is valid YAML, so that nothing needs quoting. */
export function formatKubeconfig({url, ca, context, namespace, token, certificate}: KubeconfigOptions): string {
	const base64 = (text: string) => Buffer.from(text).toString('base64');
	const user = {
		...(token === undefined ? {} : {token}),
		...(certificate === undefined
			? {}
			: {'client-certificate-data': base64(certificate.cert), 'client-key-data': base64(certificate.key)}),
	};
	const config = {
		apiVersion: 'v1',
		kind: 'Config',
		'current-context': context,
		clusters: [{name: context, cluster: {server: url, 'certificate-authority-data': base64(ca)}}],
		users: [{name: context, user}],
		contexts: [
			{name: context, context: {cluster: context, user: context, ...(namespace === undefined ? {} : {namespace})}},
		],
	};
	return `${JSON.stringify(config, undefined, 2)}\n`;
}
