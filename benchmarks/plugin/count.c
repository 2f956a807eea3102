/* SPDX-License-Identifier: BSD-3-Clause
 * A plugin for QEMU that counts instructions and memory accesses by a call at each access: what one would write today
 * to feed a TLB model. The few declarations are QEMU's plugin interface, version 1 (qemu-plugin.h of QEMU 7.2), written
 * out here so that no header of it is needed. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
    void (*call)(unsigned int cpu, uint32_t info, uint64_t address, void *own), int flags, int kinds, void *own);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void *), void *own);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_outs(const char *text);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };
static uint64_t accesses;

static void accessed(unsigned int cpu, uint32_t info, uint64_t address, void *own) {
    (void)cpu; (void)info; (void)address; (void)own;
    accesses++;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), accessed, NO_REGISTERS, READS_AND_WRITES, NULL);
}

static void ended(plugin_id id, void *own) {
    char text[64];
    (void)id; (void)own;
    snprintf(text, sizeof text, "accesses %" PRIu64 "\n", accesses);
    qemu_plugin_outs(text);
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info; (void)argc; (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
