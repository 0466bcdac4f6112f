import {filterFields, type PaneView, type SectionView} from '../../src/table/build-view.ts';
import {unknownFields} from '../../src/table/filter.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {formatCount, formatThousands} from '../../src/text/format.ts';

/** Other sections of the pane in which something passes the filter: `2 in Silences`. */
const otherSectionMatches = ({sections}: PaneView, here: SectionView): readonly string[] =>
	sections.flatMap(other =>
		other === here || other.shownCount === 0 ? [] : [`${other.shownCount} in ${other.section.title}`],
	);

/** How many rows the first section of a pane has; when none of them passes the filter, where there are some that do. */
export function rowCountText(view: PaneView, first: SectionView): string {
	const all = formatCount(first.total + first.omitted);
	if (view.filter === '' && !view.problemsOnly) return all;
	const [other] = otherSectionMatches(view, first);
	return first.shownCount === 0 && other !== undefined ? other : `${first.shownCount} of ${all}`;
}

/** Why nothing of a section is shown that has rows, and the way back. */
export function emptyFilterLines(section: SectionView, view: PaneView): readonly string[] {
	const {filter, problemsOnly: faults} = view;
	const what =
		filter === '' ? 'nothing is wrong here' : `no row ${faults ? 'that is wrong ' : ''}matches /${cleanLine(filter)}`;
	const others = otherSectionMatches(view, section);
	const where = others.length === 0 ? '' : `, but ${others.join(', ')}`;
	const [name] = unknownFields(filter, filterFields(section.section));
	const columns = section.section.columns.map(column => column.field).join(' ');
	return [
		`${what}${where}; esc shows all ${formatThousands(section.total)}`,
		...(name === undefined ? [] : [`no column is called ${name}: it is looked for as text; columns: ${columns}`]),
	];
}
