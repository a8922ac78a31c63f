#include "cli/service_unit.h"

#include "base/check.h"

#include <string.h>

static void write_byte(char byte, struct buffer *out)
{
    buffer_append(out, &byte, 1);
}

/* Quoted always. '%' begins a specifier and '$' a variable, in quotes, too;
 * doubled they stand for themselves (systemd.service(5), "Command lines"). */
void service_unit_word(const char *word, struct buffer *out)
{
    CHECK(word);
    write_byte('"', out);
    for (const uint8_t *at = (const uint8_t *)word; *at; at++) {
        if (*at < 0x20 || *at == 0x7f)
            buffer_format(out, "\\x%02x", *at);
        else if (*at == '"' || *at == '\\')
            buffer_format(out, "\\%c", *at);
        else if (*at == '%' || *at == '$')
            buffer_format(out, "%c%c", *at, *at);
        else
            write_byte((char)*at, out);
    }
    write_byte('"', out);
}

/* A path as the value of a setting: no quotes, and '%' doubled. */
static void write_path(const char *path, struct buffer *out)
{
    for (; *path; path++)
        buffer_format(out, *path == '%' ? "%%%%" : "%c", *path);
}

/* The program is the one word in which '$' stands for itself. */
static void write_program(const char *program, struct buffer *out)
{
    write_byte('"', out);
    for (; *program; program++) {
        if (strchr("\"\\", *program))
            write_byte('\\', out);
        buffer_format(out, *program == '%' ? "%%%%" : "%c", *program);
    }
    write_byte('"', out);
}

static void write_start(const struct service_unit *unit, struct buffer *out)
{
    buffer_text(out, "ExecStart=");
    write_program(unit->program, out);
    buffer_format(out, " %s", unit->role);
    for (size_t i = 0; i < unit->word_count; i++) {
        write_byte(' ', out);
        service_unit_word(unit->words[i], out);
    }
    if (unit->passphrase_file)
        buffer_text(out, " --passphrase-file %d/passphrase");
    buffer_text(out, "\n");
    if (unit->passphrase_file) {
        buffer_text(out, "# Only this service reads it, from memory.\n"
                         "LoadCredential=passphrase:");
        write_path(unit->passphrase_file, out);
        buffer_text(out, "\n");
    }
}

/* A program below a home is not seen by a service that sees no homes. */
static bool is_in_home(const char *program)
{
    return !strncmp(program, "/home/", 6) || !strncmp(program, "/root/", 6);
}

/* Who it runs as, and what of the disk it may write. */
static void write_place(const struct service_unit *unit, struct buffer *out)
{
    if (unit->run_as)
        buffer_format(out, "User=%s\n", unit->run_as);
    else
        buffer_text(out, "DynamicUser=yes\n");
    buffer_text(out, "ProtectSystem=strict\n");
    if (!unit->folder) {
        buffer_format(out,
                      "StateDirectory=%s%s\n"
                      "StateDirectoryMode=0700\n"
                      "ProtectHome=%s\n",
                      unit->state_folder ? "" : "pond/",
                      unit->state_folder ? unit->state_folder : unit->role,
                      is_in_home(unit->program) ? "read-only" : "yes");
        return;
    }
    buffer_text(out, "ProtectHome=read-only\n"
                     "ReadWritePaths=\"");
    write_path(unit->folder, out);
    buffer_text(out, "\"\n");
}

/* Both kinds of systemd can do these: they take no privilege. */
static const char everywhere[] =
    "NoNewPrivileges=yes\n"
    "LockPersonality=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
    "SystemCallArchitectures=native\n"
    "SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io "
    "@reboot @swap\n"
    "SystemCallErrorNumber=EPERM\n"
    "UMask=0077\n";

/* These change what the service sees of the machine. */
static const char on_a_system[] = "CapabilityBoundingSet=\n"
                                  "AmbientCapabilities=\n"
                                  "PrivateTmp=yes\n"
                                  "PrivateDevices=yes\n"
                                  "ProtectHostname=yes\n"
                                  "RemoveIPC=yes\n";

/* A validator runs nobody else's code. */
static const char without_tasks[] = "RestrictNamespaces=yes\n"
                                    "MemoryDenyWriteExecute=yes\n";
static const char without_tasks_on_a_system[] = "ProtectProc=invisible\n"
                                                "ProtectKernelTunables=yes\n"
                                                "ProtectKernelModules=yes\n"
                                                "ProtectKernelLogs=yes\n"
                                                "ProtectControlGroups=yes\n"
                                                "ProtectClock=yes\n";

/* Tasks are confined by what their sandbox makes, and it needs these. */
static const char left_out[] =
    "# Tasks run in namespaces of their own, with a /proc of their own and an\n"
    "# engine that makes machine code. So these stay off: "
    "RestrictNamespaces,\n"
    "# PrivateUsers, ProtectProc, ProcSubset, ProtectKernelTunables,\n"
    "# ProtectKernelLogs, ProtectKernelModules, ProtectControlGroups,\n"
    "# MemoryDenyWriteExecute.\n";

/* A node's tasks get cgroups beside its own, which it makes itself
 * (base/cgroup.h): `DelegateSubgroup=` is newer than Debian 12. One task that
 * runs out of memory must not end the node. */
static const char for_tasks[] = "Delegate=cpu memory pids\n"
                                "OOMPolicy=continue\n";

void service_unit_write(const struct service_unit *unit, struct buffer *out)
{
    CHECK(*unit->program == '/');
    bool is_node = !strcmp(unit->role, "node");

    buffer_format(out,
                  SERVICE_UNIT_MARK "\n"
                                    "[Unit]\n"
                                    "Description=Pond %s\n"
                                    "Documentation=man:pond(1)\n",
                  is_node ? "task node" : "settlement validator");
    if (!unit->is_user)
        buffer_text(out, "Wants=network-online.target\n"
                         "After=network-online.target\n");
    buffer_text(out, "\n[Service]\n"
                     "Type=notify\n"
                     "NotifyAccess=main\n");
    write_start(unit, out);
    /* A node ends its tasks in order, and a validator flushes its ledger, when
     * the main process alone gets the signal. What is left after the time for
     * it is killed. */
    buffer_text(out, "KillMode=mixed\n"
                     "Restart=on-failure\n"
                     "RestartSec=5\n"
                     "TimeoutStartSec=300\n"
                     "TimeoutStopSec=90\n"
                     "WatchdogSec=60\n"
                     "# A core would hold keys.\n"
                     "LimitCORE=0\n"
                     "LimitNOFILE=65536\n");
    if (is_node)
        buffer_text(out, for_tasks);
    buffer_text(out, "\n");
    if (!unit->is_user)
        write_place(unit, out);
    buffer_text(out, everywhere);
    if (!unit->is_user)
        buffer_text(out, on_a_system);
    buffer_text(out, is_node ? left_out : without_tasks);
    if (!is_node && !unit->is_user)
        buffer_text(out, without_tasks_on_a_system);
    buffer_format(out, "\n[Install]\nWantedBy=%s\n",
                  unit->is_user ? "default.target" : "multi-user.target");
}
