/** What is measured, built into one folder, which is also the home of what runs. */
export type Programs = {
	readonly folder: string;
	/** The product as it ships. */
	readonly product: string;
	readonly console: string;
	readonly updates: string;
};
