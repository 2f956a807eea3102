/* SPDX-License-Identifier: BSD-3-Clause */
/* Lab 1: the TLB miss handler. It is entered at every data miss, at `data_miss`; write it below the label.
 *
 * The page table is an array of words at `page_table`. Page n is the 4 KiB at 0x40000000 + n * 0x1000, n < 256, and its
 * word is the physical address of the page | the permissions of the entry (bits SX, SW, SR: 7), or 0: no page is there,
 * and the handler must end with a branch to `no_page`, all registers being as they were at the miss.
 *
 * Entries 0 and 1 of the TLB hold the code and the devices: never write them. Use entries 2 to 63 in turn; the word at
 * `next_entry` is yours, and 2 at first. Leave every register as it was, CR too. SPRG0 to SPRG3 (272 to 275) are free.
 * A miss must not take more than 40 instructions.
 *
 * DEAR (61) has the address that missed. `tlbwe RS, RA, n` writes word n of entry RA: word 0 the page's address | 0x210
 * (valid, 4 KiB), word 1 the physical address, word 2 the permissions. MMUCR is 0. End with rfi.
 */
    .globl data_miss
data_miss:
    b no_page               /* this says that there is never a page */
