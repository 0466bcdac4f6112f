declare module 'parse-prometheus-text-format' {
	/** The package has no types of its own. */
	function parsePrometheusTextFormat(page: string): readonly object[];
	export = parsePrometheusTextFormat;
}
