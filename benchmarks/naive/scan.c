/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The simulator that one writes first: every look-up scans the whole array, a miss refills the next slot in turn.
 * Compiled with -O2 and fed the same columns as the machines, so that a ratio compares simulators and nothing else.
 */
#include <stdint.h>

enum { MOST_ENTRIES = 4096 };

/* Records as they are stored: `accesses` accesses of one page with `fetches` fetches of another spread among them. */
struct trace {
    const uint32_t *fetch_page;
    const uint32_t *data_page;
    const uint8_t *kind;
    const uint16_t *accesses;
    const uint32_t *fetches;
    int64_t records;
};

struct entry {
    uint32_t epn;
    uint32_t mask;
    uint32_t rpn;
    uint32_t attributes;
    uint8_t valid;
    uint8_t ts;
    uint8_t tid;
    uint8_t size;
};

struct textbook {
    struct entry entry[MOST_ENTRIES];
    int entries, replaceable, next;
    uint8_t ts, pid;
    int64_t misses;
};

/* The 440's match: valid, translation space, translation ID (0 for all), page number above the page's size. */
static int textbook_find(const struct textbook *tlb, uint32_t ea)
{
    for (int i = 0; i < tlb->entries; i++) {
        const struct entry *e = &tlb->entry[i];
        if (e->valid && e->ts == tlb->ts && (e->tid == 0 || e->tid == tlb->pid) && (ea & e->mask) == e->epn)
            return i;
    }
    return -1;
}

static inline void textbook_look_up(struct textbook *tlb, uint32_t page)
{
    uint32_t ea = page << 12;
    struct entry *e;
    if (textbook_find(tlb, ea) >= 0)
        return;
    tlb->misses++;
    e = &tlb->entry[tlb->next];
    tlb->next = tlb->next + 1 < tlb->replaceable ? tlb->next + 1 : 0;
    *e = (struct entry){.epn = ea, .mask = 0xFFFFF000u, .rpn = ea, .attributes = 0x3F,
                        .valid = 1, .ts = 0, .tid = tlb->pid, .size = 1};
}

/* No valid bit, no spaces, no sizes: nothing but page numbers, in an array of their own. */
struct pages {
    uint32_t page[MOST_ENTRIES];
    int entries, replaceable, next;
    int64_t misses;
};

static int pages_find(const struct pages *tlb, uint32_t page)
{
    for (int i = 0; i < tlb->entries; i++)
        if (tlb->page[i] == page)
            return i;
    return -1;
}

static inline void pages_look_up(struct pages *tlb, uint32_t page)
{
    if (pages_find(tlb, page) >= 0)
        return;
    tlb->misses++;
    tlb->page[tlb->next] = page;
    tlb->next = tlb->next + 1 < tlb->replaceable ? tlb->next + 1 : 0;
}

/* Every reference of the trace in order: before access i of n come floor((i+1)m/n) - floor(im/n) fetches. */
#define FOR_EACH_LOOK_UP(t, look_up, tlb)                                                                              \
    for (int64_t r = 0; r < (t)->records; r++) {                                                                       \
        uint64_t n = (t)->accesses[r], m = (t)->fetches[r], fetched = 0;                                               \
        for (uint64_t i = 0; i < n; i++) {                                                                             \
            for (uint64_t until = (i + 1) * m / n; fetched < until; fetched++)                                         \
                look_up(tlb, (t)->fetch_page[r]);                                                                      \
            look_up(tlb, (t)->data_page[r]);                                                                           \
        }                                                                                                              \
        for (; fetched < m; fetched++)                                                                                 \
            look_up(tlb, (t)->fetch_page[r]);                                                                          \
    }

/* Both return the misses. The last `pinned` entries are never replaced and match no address of a user program. */
int64_t textbook_scan(const struct trace *trace, int entries, int pinned)
{
    struct textbook tlb = {.entries = entries, .replaceable = entries - pinned, .pid = 1};
    for (int i = entries - pinned; i < entries; i++)
        tlb.entry[i] = (struct entry){.epn = 0xC0000000u, .mask = 0xF0000000u, .valid = 1, .size = 9};
    FOR_EACH_LOOK_UP(trace, textbook_look_up, &tlb)
    return tlb.misses;
}

int64_t pages_scan(const struct trace *trace, int entries, int pinned)
{
    struct pages tlb = {.entries = entries, .replaceable = entries - pinned};
    for (int i = 0; i < entries; i++)
        tlb.page[i] = 0xC0000u;
    FOR_EACH_LOOK_UP(trace, pages_look_up, &tlb)
    return tlb.misses;
}

/* Nothing but reading the columns once: what no simulator that looks at each record can beat. */
int64_t read_columns(const struct trace *trace, int entries, int pinned)
{
    uint64_t sum = 0;
    (void)entries, (void)pinned;
    for (int64_t r = 0; r < trace->records; r++)
        sum += trace->fetch_page[r];
    for (int64_t r = 0; r < trace->records; r++)
        sum += trace->data_page[r];
    for (int64_t r = 0; r < trace->records; r++)
        sum += trace->kind[r];
    for (int64_t r = 0; r < trace->records; r++)
        sum += trace->accesses[r];
    for (int64_t r = 0; r < trace->records; r++)
        sum += trace->fetches[r];
    return (int64_t)sum;
}
