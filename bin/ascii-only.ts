/**
 * A terminal or locale that cannot be trusted with anything but ASCII. As POSIX has it, a variable that is set to nothing is not set. No locale
 * at all, C and POSIX say nothing of what the terminal shows: that is how SSH to a small machine and containers begin.
 */
export function isAsciiOnly(env: NodeJS.ProcessEnv): boolean {
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
	return (
		env['TERM'] === 'linux' ||
		!(locale === '' || /utf-?8/i.test(locale) || locale === 'C' || locale === 'POSIX') ||
		env['MIDWATCH_ASCII'] === '1'
	);
}
