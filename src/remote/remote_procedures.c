/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_procedures.h"

#include "util/error.h"
#include "util/i18n.h"

static const RemoteProcedure *
find_in_program(guint32 program, guint32 number)
{
    const RemoteProcedure *table = remote_procedures_remote;
    guint n = n_remote_procedures_remote;

    if (program == QEMU_PROGRAM) {
        table = remote_procedures_qemu;
        n = n_remote_procedures_qemu;
    }
    if (number >= n || !table[number].name || table[number].is_event)
        return NULL;
    return &table[number];
}

const RemoteProcedure *
remote_procedure_find(guint32 program, guint32 version, guint32 number, GError **error)
{
    const RemoteProcedure *procedure;

    if (program != REMOTE_PROGRAM && program != QEMU_PROGRAM) {
        virtxl_error_set(error, VIR_ERR_RPC, _("unknown program 0x%x"), program);
        return NULL;
    }
    if (version != PROGRAM_VERSION) {
        virtxl_error_set(error, VIR_ERR_RPC, _("unknown version %u of program 0x%x"), version,
                         program);
        return NULL;
    }
    procedure = find_in_program(program, number);
    if (!procedure)
        virtxl_error_set(error, VIR_ERR_RPC, _("unknown procedure %u of program 0x%x"), number,
                         program);
    return procedure;
}
