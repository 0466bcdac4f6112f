import {filterFields, type PaneView, type SectionView} from '../../src/table/build-view.ts';
import {unknownFields} from '../../src/table/filter.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {formatCount, formatThousands} from '../../src/text/format.ts';

/** The other sections of the pane with rows that match the filter: `2 in Silences`. */
const otherSectionMatches = ({sections}: PaneView, here: SectionView): readonly string[] =>
	sections.flatMap(other =>
		other === here || other.shownCount === 0 ? [] : [`${other.shownCount} in ${other.section.title}`],
	);

/** The number of rows of the first section, of those that match the filter; where none matches, the first other section with matches. */
export function rowCountText(view: PaneView, first: SectionView): string {
	const all = formatCount(first.total + first.omitted);
	if (view.filter === '' && !view.problemsOnly) return all;
	const [other] = otherSectionMatches(view, first);
	return first.shownCount === 0 && other !== undefined ? other : `${first.shownCount} of ${all}`;
}

/** Why no row of a section is shown although it has rows, and the key that shows them. */
export function emptyFilterLines(section: SectionView, view: PaneView): readonly string[] {
	const {filter, problemsOnly} = view;
	const reason =
		filter === ''
			? 'nothing is wrong here'
			: `no row ${problemsOnly ? 'with a problem ' : ''}matches /${cleanLine(filter)}`;
	const others = otherSectionMatches(view, section);
	const where = others.length === 0 ? '' : `, but ${others.join(', ')}`;
	const [name] = unknownFields(filter, filterFields(section.section));
	const columns = section.section.columns.map(column => column.field).join(' ');
	return [
		`${reason}${where}; esc shows all ${formatThousands(section.total)}`,
		...(name === undefined ? [] : [`no column is named ${name}, so it is searched as text; columns: ${columns}`]),
	];
}
