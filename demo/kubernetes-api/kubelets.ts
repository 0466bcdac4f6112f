/** The statistics of one running container, as the exporter of its kubelet counts them. */
export type ContainerStats = {
	readonly node: string;
	readonly namespace: string;
	readonly pod: string;
	readonly container: string;
	/** Bytes. */
	readonly memory: number;
	/** CPU seconds since it was started. */
	readonly cpuSeconds: number;
	/** CPU periods of a tenth of a second since it was started, and how many of them were throttled; undefined without a limit. */
	readonly periods: {readonly all: number; readonly throttled: number} | undefined;
};

/** The kubelets of the demo's cluster as scrape targets. Empty until the cluster has started. */
export type Kubelets = {readContainers: (at: number) => readonly ContainerStats[]};

export const emptyKubelets = (): Kubelets => ({readContainers: () => []});
