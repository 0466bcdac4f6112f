/** What a kubelet tells of one container that runs, as its own exporter counts it. */
export type ContainerStats = {
	readonly node: string;
	readonly namespace: string;
	readonly pod: string;
	readonly container: string;
	/** Bytes. */
	readonly memory: number;
	/** Since it was started. */
	readonly cpuSeconds: number;
	/** Tenths of a second since it was started, and those of them in which its limit held it back; undefined without a limit. */
	readonly periods: {readonly all: number; readonly throttled: number} | undefined;
};

/** The kubelets of the demo's cluster, for who scrapes them. Nobody tells anything before the cluster is there. */
export type Kubelets = {readContainers: (at: number) => readonly ContainerStats[]};

export const emptyKubelets = (): Kubelets => ({readContainers: () => []});
