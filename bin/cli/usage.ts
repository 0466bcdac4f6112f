import {describeDiscovery, loadTargetConfigs} from '../../src/config/configurable-system.ts';
import type {System} from '../../src/contract/system.ts';
import {wrapText} from '../../src/text/fit.ts';
import {exitCodeTable} from './exit-codes.ts';

/** The width of the descriptions of options. */
const descriptionWidth = 90;
/** The width of the column with the options. */
const indent = 22;

/** Returns the text of `midwatch --help`. */
export async function usageText(systems: readonly System[]): Promise<string> {
	const places = describeDiscovery(await loadTargetConfigs(systems));
	const discovery = wrapText(`without a file, targets are discovered from ${places}`, descriptionWidth);
	return `midwatch: one screen that shows what is wrong across your systems, and fixes it with a key and a confirmation.

  midwatch [--config FILE] [--demo [SCENARIO]] [--read-only] [--target NAME]... [--log FILE]
      opens the console
  midwatch snapshot --json [--pane PANE]
      reads everything twice, 2 seconds apart, and prints it as JSON
  midwatch doctor [--json]
      checks each target (reachable, as which user, with which permissions) and the audit log (writable, sound)
  midwatch doctor --grants
      prints the least that an administrator must grant to each target's user, for watching and for actions
  midwatch keys --markdown
      prints every key and what it does
  midwatch audit verify [FILE] [--json]
      checks that no audit record was changed or removed
  midwatch audit verify --against COPY [--json]
      also checks that the audit log equals what a sink received: COPY has lines of JSON, or of syslog with JSON
  midwatch audit show RECORD [--json]
      prints the audit record with that id and the records that refer to it

  --config FILE       the configuration; else MIDWATCH_CONFIG, else $XDG_CONFIG_HOME/midwatch/config.yaml
${discovery.map(line => `${' '.repeat(indent)}${line}\n`).join('')}  --demo [SCENARIO]   simulated systems; needs no server; of a --config only keys, theme, mouse and refresh apply
                      calm, still, crashloop, locks, memory, lag, scrape, storm; default has something to fix in each
  --read-only         nothing can be changed, whatever the configuration says
  --target NAME       only this target; may be given several times
  --log FILE          writes what happens inside (connects, reads, failures, keys, actions; never secrets) to FILE;
                      else to the file that MIDWATCH_LOG names
  --help, --version

snapshot and doctor accept the same options.

Exit codes:
${exitCodeTable.map(({code, meaning}) => `  ${code.padEnd(6)} ${meaning}\n`).join('')}`;
}
