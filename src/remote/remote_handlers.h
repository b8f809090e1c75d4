/* The handlers, by the file they are in. See remote_call.h for what a handler
 * is, and remote_routes.c for its arguments and result.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_call.h"

#define REMOTE_HANDLER(name)                                                                       \
    bool name(RemoteCall *call, gconstpointer data, gpointer result, GError **error)

/* remote_auth.c: who the client is */
REMOTE_HANDLER(remote_auth_list);
REMOTE_HANDLER(remote_auth_polkit);
bool remote_auth_polkit_begin(RemoteCall *call, GError **error);

/* remote_connect.c: the connection and the host */
REMOTE_HANDLER(remote_connect_open);
REMOTE_HANDLER(remote_connect_close);
REMOTE_HANDLER(remote_connect_supports_feature);
REMOTE_HANDLER(remote_connect_get_type);
REMOTE_HANDLER(remote_connect_get_version);
REMOTE_HANDLER(remote_connect_get_lib_version);
REMOTE_HANDLER(remote_connect_get_hostname);
REMOTE_HANDLER(remote_connect_get_uri);
REMOTE_HANDLER(remote_connect_is_secure);
REMOTE_HANDLER(remote_connect_get_max_vcpus);
REMOTE_HANDLER(remote_connect_get_capabilities);
REMOTE_HANDLER(remote_node_get_info);
REMOTE_HANDLER(remote_node_get_security_model);
bool remote_connect_get_hostname_blocks(RemoteCall *call, gconstpointer data);
REMOTE_HANDLER(remote_do_nothing); /* succeeds with zeros: no objects, nothing to note */

/* remote_host.c: what the host is and can */
REMOTE_HANDLER(remote_connect_get_domain_capabilities);
REMOTE_HANDLER(remote_connect_get_sysinfo);
REMOTE_HANDLER(remote_connect_compare_cpu);
REMOTE_HANDLER(remote_connect_baseline_cpu);
REMOTE_HANDLER(remote_connect_get_cpu_model_names);
REMOTE_HANDLER(remote_node_get_memory_stats);
REMOTE_HANDLER(remote_node_get_free_pages);
/* remote_native.c: definitions as xl.cfg and back */
REMOTE_HANDLER(remote_connect_domain_xml_from_native);
REMOTE_HANDLER(remote_connect_domain_xml_to_native);

/* remote_none.c: lookups of what there is none of */
REMOTE_HANDLER(remote_storage_vol_lookup_by_path);

/* remote_node_device.c: the host's devices */
REMOTE_HANDLER(remote_node_num_of_devices);
REMOTE_HANDLER(remote_node_list_devices);
REMOTE_HANDLER(remote_connect_list_all_node_devices);
REMOTE_HANDLER(remote_node_device_lookup_by_name);
REMOTE_HANDLER(remote_node_device_get_xml_desc);
REMOTE_HANDLER(remote_node_device_get_parent);
REMOTE_HANDLER(remote_node_device_num_of_caps);
REMOTE_HANDLER(remote_node_device_list_caps);
REMOTE_HANDLER(remote_node_device_dettach);
REMOTE_HANDLER(remote_node_device_detach_flags);
REMOTE_HANDLER(remote_node_device_re_attach);
REMOTE_HANDLER(remote_node_device_reset);

/* remote_list.c: finding domains */
REMOTE_HANDLER(remote_connect_num_of_domains);
REMOTE_HANDLER(remote_connect_list_domains);
REMOTE_HANDLER(remote_connect_num_of_defined_domains);
REMOTE_HANDLER(remote_connect_list_defined_domains);
REMOTE_HANDLER(remote_connect_list_all_domains);
REMOTE_HANDLER(remote_domain_lookup_by_id);
REMOTE_HANDLER(remote_domain_lookup_by_name);
REMOTE_HANDLER(remote_domain_lookup_by_uuid);
bool remote_connect_list_all_domains_blocks(RemoteCall *call, gconstpointer data);

/* remote_domain.c: what a domain is */
REMOTE_HANDLER(remote_domain_get_xml_desc);
REMOTE_HANDLER(remote_domain_get_autostart);
REMOTE_HANDLER(remote_domain_get_info);
REMOTE_HANDLER(remote_domain_get_state);
REMOTE_HANDLER(remote_domain_get_max_memory);
REMOTE_HANDLER(remote_domain_get_max_vcpus);
REMOTE_HANDLER(remote_domain_get_vcpus_flags);
REMOTE_HANDLER(remote_domain_get_os_type);
REMOTE_HANDLER(remote_domain_is_active);
REMOTE_HANDLER(remote_domain_is_persistent);
REMOTE_HANDLER(remote_domain_is_updated);
REMOTE_HANDLER(remote_domain_has_managed_save_image);
REMOTE_HANDLER(remote_domain_get_metadata);
REMOTE_HANDLER(remote_domain_get_messages);
bool remote_domain_get_info_blocks(RemoteCall *call, gconstpointer data);
bool remote_domain_get_xml_desc_writes(gconstpointer data);
bool remote_domain_get_vcpus_flags_asks_agent(gconstpointer data);

/* remote_lifecycle.c: a domain's life */
REMOTE_HANDLER(remote_domain_create);
REMOTE_HANDLER(remote_domain_create_with_flags);
REMOTE_HANDLER(remote_domain_create_xml);
REMOTE_HANDLER(remote_domain_define_xml);
REMOTE_HANDLER(remote_domain_define_xml_flags);
REMOTE_HANDLER(remote_domain_undefine);
REMOTE_HANDLER(remote_domain_undefine_flags);
REMOTE_HANDLER(remote_domain_destroy);
REMOTE_HANDLER(remote_domain_destroy_flags);
REMOTE_HANDLER(remote_domain_shutdown);
REMOTE_HANDLER(remote_domain_shutdown_flags);
REMOTE_HANDLER(remote_domain_reboot);
REMOTE_HANDLER(remote_domain_suspend);
REMOTE_HANDLER(remote_domain_resume);
REMOTE_HANDLER(remote_domain_set_autostart);
REMOTE_HANDLER(remote_domain_set_metadata);
REMOTE_HANDLER(remote_domain_rename);
REMOTE_HANDLER(remote_domain_reset);
REMOTE_HANDLER(remote_domain_pm_wakeup);
REMOTE_HANDLER(remote_domain_set_lifecycle_action);
REMOTE_HANDLER(remote_domain_send_key);
REMOTE_HANDLER(remote_domain_inject_nmi);
REMOTE_HANDLER(remote_domain_screenshot);
bool remote_domain_shutdown_asks_agent(gconstpointer data);
bool remote_domain_reboot_asks_agent(gconstpointer data);

/* remote_console.c: consoles and channels as streams */
REMOTE_HANDLER(remote_domain_open_console);
REMOTE_HANDLER(remote_domain_open_channel);

/* remote_device.c: attach, detach, update */
REMOTE_HANDLER(remote_domain_attach_device);
REMOTE_HANDLER(remote_domain_attach_device_flags);
REMOTE_HANDLER(remote_domain_detach_device);
REMOTE_HANDLER(remote_domain_detach_device_flags);
REMOTE_HANDLER(remote_domain_detach_device_alias);
REMOTE_HANDLER(remote_domain_update_device_flags);

/* remote_save.c: save, restore, core dump */
REMOTE_HANDLER(remote_domain_save);
REMOTE_HANDLER(remote_domain_save_flags);
REMOTE_HANDLER(remote_domain_restore);
REMOTE_HANDLER(remote_domain_restore_flags);
REMOTE_HANDLER(remote_domain_save_params);
REMOTE_HANDLER(remote_domain_restore_params);
REMOTE_HANDLER(remote_domain_managed_save);
REMOTE_HANDLER(remote_domain_managed_save_remove);
REMOTE_HANDLER(remote_domain_save_image_get_xml_desc);
REMOTE_HANDLER(remote_domain_save_image_define_xml);
REMOTE_HANDLER(remote_domain_managed_save_get_xml_desc);
REMOTE_HANDLER(remote_domain_managed_save_define_xml);
REMOTE_HANDLER(remote_domain_core_dump);
REMOTE_HANDLER(remote_domain_core_dump_with_format);
bool remote_domain_managed_save_get_xml_desc_writes(gconstpointer data);
/* remote_tune.c: what a domain has of the host */
REMOTE_HANDLER(remote_domain_set_vcpus);
REMOTE_HANDLER(remote_domain_set_vcpus_flags);
REMOTE_HANDLER(remote_domain_get_vcpus);
REMOTE_HANDLER(remote_domain_pin_vcpu);
REMOTE_HANDLER(remote_domain_pin_vcpu_flags);
REMOTE_HANDLER(remote_domain_get_vcpu_pin_info);
REMOTE_HANDLER(remote_domain_set_max_memory);
REMOTE_HANDLER(remote_domain_set_memory);
REMOTE_HANDLER(remote_domain_set_memory_flags);
REMOTE_HANDLER(remote_domain_get_numa_parameters);
REMOTE_HANDLER(remote_domain_get_scheduler_type);
REMOTE_HANDLER(remote_domain_get_scheduler_parameters);
REMOTE_HANDLER(remote_domain_get_scheduler_parameters_flags);
REMOTE_HANDLER(remote_domain_set_scheduler_parameters);
REMOTE_HANDLER(remote_domain_set_scheduler_parameters_flags);
REMOTE_HANDLER(remote_node_get_cpu_map);
REMOTE_HANDLER(remote_node_get_free_memory);
REMOTE_HANDLER(remote_node_get_cells_free_memory);
bool remote_domain_set_vcpus_flags_asks_agent(gconstpointer data);

/* remote_stats.c: what domains have done */
REMOTE_HANDLER(remote_domain_get_cpu_stats);
REMOTE_HANDLER(remote_domain_memory_stats);
REMOTE_HANDLER(remote_domain_interface_stats);
REMOTE_HANDLER(remote_domain_block_stats);
REMOTE_HANDLER(remote_domain_block_stats_flags);
REMOTE_HANDLER(remote_domain_get_block_info);
REMOTE_HANDLER(remote_domain_get_job_info);
REMOTE_HANDLER(remote_domain_get_job_stats);
REMOTE_HANDLER(remote_domain_abort_job);
REMOTE_HANDLER(remote_domain_get_control_info);
REMOTE_HANDLER(remote_connect_get_all_domain_stats);

/* remote_agent.c: the agent in a domain's guest */
REMOTE_HANDLER(qemu_domain_agent_command);
REMOTE_HANDLER(remote_domain_agent_set_response_timeout);
REMOTE_HANDLER(remote_domain_get_guest_info);
REMOTE_HANDLER(remote_domain_get_hostname);
REMOTE_HANDLER(remote_domain_get_fsinfo);
REMOTE_HANDLER(remote_domain_fsfreeze);
REMOTE_HANDLER(remote_domain_fsthaw);
REMOTE_HANDLER(remote_domain_fstrim);
REMOTE_HANDLER(remote_domain_get_time);
REMOTE_HANDLER(remote_domain_set_time);
REMOTE_HANDLER(remote_domain_get_guest_vcpus);
REMOTE_HANDLER(remote_domain_set_guest_vcpus);
REMOTE_HANDLER(remote_domain_set_user_password);
REMOTE_HANDLER(remote_domain_authorized_ssh_keys_get);
REMOTE_HANDLER(remote_domain_authorized_ssh_keys_set);
REMOTE_HANDLER(remote_domain_pm_suspend_for_duration);
REMOTE_HANDLER(remote_domain_interface_addresses);
bool remote_domain_interface_addresses_writes(gconstpointer data);

/* remote_event.c: who wants to know what */
REMOTE_HANDLER(remote_connect_domain_event_register);
REMOTE_HANDLER(remote_connect_domain_event_deregister);
REMOTE_HANDLER(remote_connect_domain_event_register_any);
REMOTE_HANDLER(remote_connect_domain_event_deregister_any);
REMOTE_HANDLER(remote_connect_domain_event_callback_register_any);
REMOTE_HANDLER(remote_connect_domain_event_callback_deregister_any);
