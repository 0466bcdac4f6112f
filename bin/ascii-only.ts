/**
 * Returns true when the terminal or the locale supports only ASCII. A variable with an empty value counts as not set, as POSIX says. No
 * locale, `C` and `POSIX` say nothing about the terminal: SSH to a small machine and containers start that way, so they get Unicode.
 */
export function isAsciiOnly(env: NodeJS.ProcessEnv): boolean {
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
	return (
		env['TERM'] === 'linux' ||
		!(locale === '' || /utf-?8/i.test(locale) || locale === 'C' || locale === 'POSIX') ||
		env['MIDWATCH_ASCII'] === '1'
	);
}
