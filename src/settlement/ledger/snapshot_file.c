#include "settlement/ledger/snapshot_file.h"

#include "base/error.h"
#include "base/memory.h"
#include <errno.h>
#include <string.h>

char *snapshot_file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_text(".");
    return slash == path ? mem_text("/")
                         : mem_format("%.*s", (int)(slash - path), path);
}

int snapshot_file_open(const char *path, FILE **out)
{
    *out = fopen(path, "rbe");
    if (*out)
        return 0;
    return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no file %s", path)
                           : err_errno("opening %s", path);
}
