/* SPDX-License-Identifier: MIT */
#include <kernel/log_ring.h>

static void put(struct log_ring *ring, u32 at, const void *data, u32 n)
{
	for (u32 i = 0; i < n; i++)
		ring->bytes[(at + i) % ring->size] = ((const char *)data)[i];
}

static void get(const struct log_ring *ring, u32 at, void *data, u32 n)
{
	for (u32 i = 0; i < n; i++)
		((char *)data)[i] = ring->bytes[(at + i) % ring->size];
}

void log_ring_store(struct log_ring *ring, const struct log_record *record, const char *text)
{
	u32 need = sizeof(*record) + record->length;
	struct log_record oldest;

	while (ring->head - ring->tail + need > ring->size) {
		get(ring, ring->tail, &oldest, sizeof(oldest));
		ring->tail += sizeof(oldest) + oldest.length;
	}
	put(ring, ring->head, record, sizeof(*record));
	put(ring, ring->head + sizeof(*record), text, record->length);
	ring->head += need;
}

bool log_ring_next(const struct log_ring *ring, u32 *at, struct log_record *record, char *text)
{
	if ((s32)(*at - ring->tail) < 0)
		*at = ring->tail;
	if (*at == ring->head)
		return false;
	get(ring, *at, record, sizeof(*record));
	get(ring, *at + sizeof(*record), text, record->length);
	text[record->length] = '\0';
	*at += sizeof(*record) + record->length;
	return true;
}
