const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** An age as the API server prints it: `HumanDuration` of k8s.io/apimachinery/pkg/util/duration. */
export function humanDuration(ms: number): string {
	const count = (unit: number) => Math.floor(ms / unit);
	const two = (unit: number, name: string, smaller: number, small: string) => {
		const rest = Math.floor((ms % unit) / smaller);
		return rest === 0 ? `${count(unit)}${name}` : `${count(unit)}${name}${rest}${small}`;
	};
	if (ms < -second) return '<invalid>';
	if (ms < 0) return '0s';
	if (ms < 2 * minute) return `${count(second)}s`;
	if (ms < 10 * minute) return two(minute, 'm', second, 's');
	if (ms < 3 * hour) return `${count(minute)}m`;
	if (ms < 8 * hour) return two(hour, 'h', minute, 'm');
	if (ms < 2 * day) return `${count(hour)}h`;
	if (ms < 8 * day) return two(day, 'd', hour, 'h');
	if (ms < 2 * 365 * day) return `${count(day)}d`;
	if (ms < 8 * 365 * day) return two(365 * day, 'y', day, 'd');
	return `${count(365 * day)}y`;
}
