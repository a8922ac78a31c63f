#include "settlement/validator/validator_snapshot.h"

/* The path of a name in the folder. */
static const char *path_in(const char *folder, const char *name,
                           struct arena *arena)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, name);
    const char *text = arena_text(arena, buffer_view(&path));
    buffer_free(&path);
    return text;
}

/* The read transaction is closed as soon as the file is written: while it is
 * open, the validator's ledger can only grow. */
int validator_snapshot_create(const char *folder, struct arena *arena,
                              struct snapshot *out)
{
    struct ledger_export *state;
    int status =
        ledger_export_open_path(path_in(folder, "ledger", arena), &state);
    if (status)
        return status;
    status = snapshot_write(state, path_in(folder, "snapshots", arena), NULL,
                            arena, out);
    ledger_export_close(state);
    return status;
}

int validator_snapshot_list(const char *folder, struct arena *arena,
                            const struct snapshot **out, size_t *count)
{
    return snapshot_list(path_in(folder, "snapshots", arena), arena, out,
                         count);
}

int validator_snapshot_verify(const char *path, struct ledger_export_info *out)
{
    return snapshot_verify(path, out);
}

int validator_snapshot_restore(const char *folder, const struct hash *genesis,
                               const char *path, struct arena *arena,
                               struct ledger_export_info *out,
                               const char **ledger)
{
    *ledger = path_in(folder, "ledger", arena);
    return snapshot_restore(path, genesis, *ledger, out);
}
