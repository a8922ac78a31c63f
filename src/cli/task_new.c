/*
 * pond task new: a task to start from.
 *
 * The files are part of this program (embed.py), so they are always those of
 * its own version and need no network. They make a whole task that runs as it
 * is: a newcomer changes one thing at a time and sees what it does.
 *
 * Status 1 if there is something by that name. A write that fails leaves the
 * files that were written before it, in a folder that was not there: nothing of
 * the user's is lost.
 */
#include "base/check.h"
#include "base/embedded.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"

#include <stdlib.h>

/* The files of template/. */
extern const struct embedded_file task_template[];

/* Folders are made as the files need them. Everybody may read them, as far as
 * the umask lets folders be read: these are sources. */
static int write_one(const char *folder, const struct embedded_file *file)
{
    CHECK(folder && file->path);
    char *path = mem_format("%s/%s", folder, file->path);
    char *above = mem_text(path);

    *strrchr(above, '/') = 0;
    int status = file_make_folder(above, 0755);
    if (!status)
        status = file_replace(path, bytes_make(file->data, file->size), 0644);
    free(above);
    free(path);
    return status;
}

/* An existing folder is left alone, empty or not: nothing here is worth
 * overwriting the user's work. */
static int run(struct cli *cli, const void *values)
{
    const char *folder = cli->arguments[0];
    int status = 0;

    if (file_exists(folder))
        return cli_hint(
            cli,
            err_set(ERR_EXISTS, "there is something at %s already", folder),
            "name a folder that does not exist yet");
    for (const struct embedded_file *file = task_template;
         file->path && !status; file++)
        status = write_one(folder, file);
    if (status)
        return status;
    output_text(&cli->output, "folder", folder);
    output_record(&cli->output);
    output_print(&cli->output);
    cli_say(cli, "Its README.md says how to build it, try it and put it on "
                 "chain.");
    return 0;
}

const struct command command_task_new = {
    .name = "task new",
    .arguments = "FOLDER",
    .summary = "write a task to start from",
    .details = "The six functions of a task, one file each, its "
               "config-task.yml, and how to build it.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
