/** Thrown for wrong settings of a target. The message repeats none of them: they may be part of a URL with a password. */
export class SettingsError extends Error {
	override readonly name = 'SettingsError';
}
