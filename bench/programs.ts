/** What is measured, built into one folder, which is also the home of what runs. */
export type Programs = {
	readonly folder: string;
	/** The product as it ships. */
	readonly product: string;
	readonly console: string;
	readonly updates: string;
};

export type Extent = {
	/** Only what does not depend on the speed of the machine. */
	readonly short: boolean;
	/** True when the part of this name is to be measured. */
	wants(name: string): boolean;
};
