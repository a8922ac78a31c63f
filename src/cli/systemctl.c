#include "cli/systemctl.h"

#include "base/check.h"
#include "base/error.h"
#include "base/program.h"

#include <sys/stat.h>

/* The longest call has 5 words of ours. */
#define WORDS_MAX 16
/* Bytes. What it prints more than this is passed over. */
#define PRINTED_MAX 65536

bool systemctl_is_there(void)
{
    struct stat found;

    return !lstat("/run/systemd/system", &found) && S_ISDIR(found.st_mode);
}

int systemctl(bool is_user, const char *const *words, struct buffer *out)
{
    const char *all[WORDS_MAX] = {"systemctl"};
    const struct program_run run = {.words = all, .said_max = PRINTED_MAX};
    struct buffer printed = {0};
    bool has_succeeded = false;
    size_t count = 1;

    if (is_user)
        all[count++] = "--user";
    for (; *words; words++) {
        CHECK(count + 1 < WORDS_MAX);
        all[count++] = *words;
    }
    int status = program_run(&run, &printed, &has_succeeded);
    if (!status && !has_succeeded)
        status = err_set(ERR_REMOTE, "systemctl %s: %.600s", all[count - 1],
                         printed.size ? buffer_string(&printed) : "failed");
    else if (!status && out)
        buffer_bytes(out, buffer_view(&printed));
    buffer_free(&printed);
    return status;
}
