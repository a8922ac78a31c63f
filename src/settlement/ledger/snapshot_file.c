#include "settlement/ledger/snapshot_file.h"

#include "base/error.h"
#include <errno.h>
#include <string.h>

int snapshot_file_open(const char *path, FILE **out)
{
    *out = fopen(path, "rbe");
    if (*out)
        return 0;
    return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no file %s", path)
                           : err_errno("opening %s", path);
}
