/** What is wrong with the settings of a target, in words that hold none of them: they may be part of a URL with a password. */
export class SettingsError extends Error {
	override readonly name = 'SettingsError';
}
