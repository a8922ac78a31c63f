/*
 * Where a user's settings and data are. XDG_CONFIG_HOME stands in for ~/.config
 * where it is set, XDG_DATA_HOME for ~/.local/share. Texts belong to the
 * caller. Thread: any.
 */
#ifndef POND_CLI_SETTINGS_PATH_H
#define POND_CLI_SETTINGS_PATH_H

/* ~/.config/NAME, of any program. */
char *settings_config_path(const char *name);

/* ~/.config/pond/NAME. */
char *settings_path(const char *name);

/* ~/.local/share/pond/NAME: stores, nodes, networks. */
char *settings_data_path(const char *name);

#endif
