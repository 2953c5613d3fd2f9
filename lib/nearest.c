/* SPDX-License-Identifier: MIT */
#include <lib/nearest.h>
#include <lib/string.h>

/*
 * The distance of two words is the number of mistakes that turn one into the other: a missing, an
 * extra or a wrong letter (Levenshtein), or two neighbours swapped (Damerau, A technique for
 * computer detection and correction of spelling errors, 1964).
 *
 * It is computed in a table. The cell in row i and column j is the distance of the first i letters
 * of a and the first j letters of b. It follows from the cells above, to the left, and diagonally
 * above; for a swap from a cell two rows above. So three rows are enough.
 */

#define MAX_LETTERS 32

static bool differ(char a, char b)
{
	return tolower(a) != tolower(b);
}

static u8 cell(const char *a, const char *b, size_t i, size_t j, u8 rows[3][MAX_LETTERS + 1])
{
	const u8 *this = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
	u8 best = (u8)(above[j - 1] + differ(a[i - 1], b[j - 1]));

	best = min(best, (u8)(above[j] + 1));
	best = min(best, (u8)(this[j - 1] + 1));
	if (i > 1 && j > 1 && !differ(a[i - 1], b[j - 2]) && !differ(a[i - 2], b[j - 1]))
		best = min(best, (u8)(above2[j - 2] + 1));
	return best;
}

unsigned int edit_distance(const char *a, const char *b)
{
	size_t a_len = strnlen(a, MAX_LETTERS), b_len = strnlen(b, MAX_LETTERS);
	u8 rows[3][MAX_LETTERS + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (u8)j;
	for (size_t i = 1; i <= a_len; i++) {
		rows[i % 3][0] = (u8)i;
		for (size_t j = 1; j <= b_len; j++)
			rows[i % 3][j] = cell(a, b, i, j, rows);
	}
	return rows[a_len % 3][b_len];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	unsigned int distance = edit_distance(nearest->word, name);
	unsigned int most = max((unsigned int)strlen(name) / 3, 1u);

	if (distance > most || (nearest->name && distance >= nearest->distance))
		return;
	nearest->name = name;
	nearest->distance = distance;
}
