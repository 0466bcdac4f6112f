/*
 * Preloaded before midwatch (`--import`). When the first frame is written to the terminal, it writes JSON to the file MIDWATCH_SPY: `code`
 * says whether the code cache was used (`none`, `refused`, `taken`), `builtins` lists the Node modules loaded since the start, and
 * `segmenters` counts the segmenters of text that were created.
 */
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import vm from 'node:vm';

const before = new Set(process.moduleLoadList);
const {Script} = vm;
const {writeSync} = fs;
let code = 'none';

vm.Script = class extends Script {
	constructor(text, options) {
		super(text, options);
		if (options?.cachedData !== undefined) code = this.cachedDataRejected ? 'refused' : 'taken';
	}
};

let segmenters = 0;
Intl.Segmenter = class extends Intl.Segmenter {
	constructor(...options) {
		super(...options);
		segmenters += 1;
	}
};

fs.writeSync = (file, bytes, ...rest) => {
	// Shorter writes set modes and query the terminal.
	if (file > 2 && bytes.length > 1000) {
		fs.writeSync = writeSync;
		const loaded = process.moduleLoadList.filter(name => !before.has(name) && name.startsWith('NativeModule '));
		const builtins = loaded.map(name => name.replace('NativeModule ', ''));
		fs.writeFileSync(process.env.MIDWATCH_SPY, JSON.stringify({code, builtins, segmenters}));
	}
	return writeSync(file, bytes, ...rest);
};
syncBuiltinESMExports();
