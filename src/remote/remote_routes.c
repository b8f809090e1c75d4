/* The table: one row for each procedure that is served.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_subject.h"
#include "remote_procedure_numbers.h"
#include "remote_protocol.h"

#define ARGS(name) .args_xdr = (xdrproc_t)xdr_##name##_args, .args_size = sizeof(name##_args)
#define RET(name)  .ret_xdr = (xdrproc_t)xdr_##name##_ret, .ret_size = sizeof(name##_ret)

/* Where its arguments have what its permissions depend on. */
#define FLAGS(name) .flags_at = offsetof(name##_args, flags)

/* By what a procedure has: arguments, a result, both, or neither. */
#define CALL_(name, where_)   .handler = name, .where = where_
#define CALL_A(name, where_)  .handler = name, .where = where_, ARGS(name)
#define CALL_R(name, where_)  .handler = name, .where = where_, RET(name)
#define CALL_AR(name, where_) .handler = name, .where = where_, ARGS(name), RET(name)

/* Lists of what there is none of. */
#define NONE_NUM      .handler = remote_do_nothing, RET(remote_none_num)
#define NONE_LIST     .handler = remote_do_nothing, RET(remote_none_list)
#define NONE_LIST_ALL .handler = remote_do_nothing, RET(remote_none_list_all)

/* clang-format off: a row a line */
static const RemoteRoute remote_routes[] = {
    /* The connection */
    [REMOTE_PROC_AUTH_LIST] = {CALL_R(remote_auth_list, REMOTE_LOOP), .before_auth = true,
                               .before_open = true},
    [REMOTE_PROC_AUTH_POLKIT] = {CALL_R(remote_auth_polkit, REMOTE_LOOP), .before_auth = true,
                                 .before_open = true, .begin = remote_auth_polkit_begin},
    [REMOTE_PROC_CONNECT_OPEN] = {CALL_A(remote_connect_open, REMOTE_LOOP), .before_open = true},
    [REMOTE_PROC_CONNECT_CLOSE] = {CALL_(remote_connect_close, REMOTE_LOOP), .before_open = true},
    [REMOTE_PROC_CONNECT_SUPPORTS_FEATURE] = {CALL_AR(remote_connect_supports_feature, REMOTE_LOOP),
                                              .before_open = true},
    [REMOTE_PROC_CONNECT_GET_TYPE] = {CALL_R(remote_connect_get_type, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_VERSION] = {CALL_R(remote_connect_get_version, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_LIB_VERSION] = {CALL_R(remote_connect_get_lib_version, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_HOSTNAME] = {CALL_R(remote_connect_get_hostname, REMOTE_EITHER),
                                          .blocks = remote_connect_get_hostname_blocks},
    [REMOTE_PROC_CONNECT_GET_URI] = {CALL_R(remote_connect_get_uri, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_IS_SECURE] = {CALL_R(remote_connect_is_secure, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_MAX_VCPUS] = {CALL_AR(remote_connect_get_max_vcpus, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_CAPABILITIES] = {CALL_R(remote_connect_get_capabilities, REMOTE_LOOP)},
    /* On a worker: a long text takes its time. */
    [REMOTE_PROC_CONNECT_DOMAIN_XML_FROM_NATIVE] = {CALL_AR(remote_connect_domain_xml_from_native,
                                                            REMOTE_WORKER)},
    [REMOTE_PROC_CONNECT_DOMAIN_XML_TO_NATIVE] = {CALL_AR(remote_connect_domain_xml_to_native,
                                                          REMOTE_WORKER)},
    /* The server closes no driver under a client: nothing to note. */
    [REMOTE_PROC_CONNECT_REGISTER_CLOSE_CALLBACK] = {CALL_(remote_do_nothing, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_UNREGISTER_CLOSE_CALLBACK] = {CALL_(remote_do_nothing, REMOTE_LOOP)},

    /* The host */
    [REMOTE_PROC_NODE_GET_INFO] = {CALL_R(remote_node_get_info, REMOTE_LOOP)},
    [REMOTE_PROC_NODE_GET_SECURITY_MODEL] = {CALL_R(remote_node_get_security_model, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_SYSINFO] = {CALL_AR(remote_connect_get_sysinfo, REMOTE_WORKER)},
    [REMOTE_PROC_CONNECT_GET_DOMAIN_CAPABILITIES] = {CALL_AR(remote_connect_get_domain_capabilities,
                                                             REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_COMPARE_CPU] = {CALL_AR(remote_connect_compare_cpu, REMOTE_WORKER)},
    [REMOTE_PROC_CONNECT_GET_CPU_MODEL_NAMES] = {CALL_AR(remote_connect_get_cpu_model_names,
                                                         REMOTE_LOOP)},
    [REMOTE_PROC_NODE_GET_MEMORY_STATS] = {CALL_AR(remote_node_get_memory_stats, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_GET_FREE_PAGES] = {CALL_AR(remote_node_get_free_pages, REMOTE_WORKER)},
    [REMOTE_PROC_CONNECT_BASELINE_CPU] = {CALL_AR(remote_connect_baseline_cpu, REMOTE_WORKER)},

    /* The host's devices */
    [REMOTE_PROC_NODE_NUM_OF_DEVICES] = {CALL_AR(remote_node_num_of_devices, REMOTE_WORKER),
                                         .filter = &remote_filter_node_devices},
    [REMOTE_PROC_NODE_LIST_DEVICES] = {CALL_AR(remote_node_list_devices, REMOTE_WORKER),
                                       .filter = &remote_filter_node_devices},
    [REMOTE_PROC_CONNECT_LIST_ALL_NODE_DEVICES] = {CALL_AR(remote_connect_list_all_node_devices,
                                                           REMOTE_WORKER),
                                                   .filter = &remote_filter_node_devices},
    [REMOTE_PROC_NODE_DEVICE_LOOKUP_BY_NAME] = {CALL_AR(remote_node_device_lookup_by_name,
                                                        REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_GET_XML_DESC] = {CALL_AR(remote_node_device_get_xml_desc,
                                                      REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_GET_PARENT] = {CALL_AR(remote_node_device_get_parent, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_NUM_OF_CAPS] = {CALL_AR(remote_node_device_num_of_caps,
                                                     REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_LIST_CAPS] = {CALL_AR(remote_node_device_list_caps, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_DETTACH] = {CALL_A(remote_node_device_dettach, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_DETACH_FLAGS] = {CALL_A(remote_node_device_detach_flags,
                                                     REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_RE_ATTACH] = {CALL_A(remote_node_device_re_attach, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_DEVICE_RESET] = {CALL_A(remote_node_device_reset, REMOTE_WORKER)},

    /* What this driver has none of */
    [REMOTE_PROC_CONNECT_NUM_OF_NETWORKS] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_NETWORKS] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_NUM_OF_DEFINED_NETWORKS] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_DEFINED_NETWORKS] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_LIST_ALL_NETWORKS] = {NONE_LIST_ALL},
    [REMOTE_PROC_CONNECT_NUM_OF_STORAGE_POOLS] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_STORAGE_POOLS] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_NUM_OF_DEFINED_STORAGE_POOLS] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_DEFINED_STORAGE_POOLS] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_LIST_ALL_STORAGE_POOLS] = {NONE_LIST_ALL},
    [REMOTE_PROC_STORAGE_VOL_LOOKUP_BY_PATH] = {CALL_A(remote_storage_vol_lookup_by_path,
                                                       REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_NUM_OF_INTERFACES] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_INTERFACES] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_NUM_OF_DEFINED_INTERFACES] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_DEFINED_INTERFACES] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_LIST_ALL_INTERFACES] = {NONE_LIST_ALL},
    [REMOTE_PROC_CONNECT_NUM_OF_SECRETS] = {NONE_NUM},
    [REMOTE_PROC_CONNECT_LIST_SECRETS] = {NONE_LIST},
    [REMOTE_PROC_CONNECT_LIST_ALL_SECRETS] = {NONE_LIST_ALL},

    /* Finding domains */
    [REMOTE_PROC_CONNECT_NUM_OF_DOMAINS] = {CALL_R(remote_connect_num_of_domains, REMOTE_LOOP),
                                            .filter = &remote_filter_domains},
    [REMOTE_PROC_CONNECT_LIST_DOMAINS] = {CALL_AR(remote_connect_list_domains, REMOTE_LOOP),
                                          .filter = &remote_filter_domains},
    [REMOTE_PROC_CONNECT_NUM_OF_DEFINED_DOMAINS] = {CALL_R(remote_connect_num_of_defined_domains,
                                                           REMOTE_LOOP),
                                                    .filter = &remote_filter_domains},
    [REMOTE_PROC_CONNECT_LIST_DEFINED_DOMAINS] = {CALL_AR(remote_connect_list_defined_domains,
                                                          REMOTE_LOOP),
                                                  .filter = &remote_filter_domains},
    [REMOTE_PROC_CONNECT_LIST_ALL_DOMAINS] = {CALL_AR(remote_connect_list_all_domains,
                                                      REMOTE_EITHER),
                                              .blocks = remote_connect_list_all_domains_blocks,
                                              .filter = &remote_filter_domains},
    [REMOTE_PROC_DOMAIN_LOOKUP_BY_ID] = {CALL_AR(remote_domain_lookup_by_id, REMOTE_LOOP),
                                         .subject = remote_subject_by_id},
    [REMOTE_PROC_DOMAIN_LOOKUP_BY_NAME] = {CALL_AR(remote_domain_lookup_by_name, REMOTE_LOOP),
                                           .subject = remote_subject_by_name},
    [REMOTE_PROC_DOMAIN_LOOKUP_BY_UUID] = {CALL_AR(remote_domain_lookup_by_uuid, REMOTE_LOOP),
                                           .subject = remote_subject_by_uuid},

    /* What a domain is */
    [REMOTE_PROC_DOMAIN_GET_XML_DESC] = {CALL_AR(remote_domain_get_xml_desc, REMOTE_LOOP),
                                         .writes = remote_domain_get_xml_desc_writes,
                                         FLAGS(remote_domain_get_xml_desc)},
    [REMOTE_PROC_DOMAIN_GET_AUTOSTART] = {CALL_AR(remote_domain_get_autostart, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_INFO] = {CALL_AR(remote_domain_get_info, REMOTE_EITHER),
                                     .blocks = remote_domain_get_info_blocks},
    [REMOTE_PROC_DOMAIN_GET_STATE] = {CALL_AR(remote_domain_get_state, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_MAX_MEMORY] = {CALL_AR(remote_domain_get_max_memory, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_MAX_VCPUS] = {CALL_AR(remote_domain_get_max_vcpus, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_VCPUS_FLAGS] = {CALL_AR(remote_domain_get_vcpus_flags, REMOTE_LOOP),
                                            .writes = remote_domain_get_vcpus_flags_asks_agent,
                                            .asks_agent = remote_domain_get_vcpus_flags_asks_agent,
                                            FLAGS(remote_domain_get_vcpus_flags)},
    [REMOTE_PROC_DOMAIN_GET_OS_TYPE] = {CALL_AR(remote_domain_get_os_type, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_IS_ACTIVE] = {CALL_AR(remote_domain_is_active, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_IS_PERSISTENT] = {CALL_AR(remote_domain_is_persistent, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_IS_UPDATED] = {CALL_AR(remote_domain_is_updated, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_HAS_MANAGED_SAVE_IMAGE] = {CALL_AR(remote_domain_has_managed_save_image,
                                                           REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_METADATA] = {CALL_AR(remote_domain_get_metadata, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_MESSAGES] = {CALL_AR(remote_domain_get_messages, REMOTE_LOOP)},

    /* A domain's life */
    [REMOTE_PROC_DOMAIN_CREATE] = {CALL_A(remote_domain_create, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_CREATE_WITH_FLAGS] = {CALL_AR(remote_domain_create_with_flags,
                                                      REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_CREATE_XML] = {CALL_AR(remote_domain_create_xml, REMOTE_WORKER),
                                       .subject = remote_subject_of_xml},
    [REMOTE_PROC_DOMAIN_DEFINE_XML] = {CALL_AR(remote_domain_define_xml, REMOTE_WORKER),
                                       .subject = remote_subject_of_xml},
    [REMOTE_PROC_DOMAIN_DEFINE_XML_FLAGS] = {CALL_AR(remote_domain_define_xml_flags, REMOTE_WORKER),
                                             .subject = remote_subject_of_xml},
    [REMOTE_PROC_DOMAIN_UNDEFINE] = {CALL_A(remote_domain_undefine, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_UNDEFINE_FLAGS] = {CALL_A(remote_domain_undefine_flags, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_DESTROY] = {CALL_A(remote_domain_destroy, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_DESTROY_FLAGS] = {CALL_A(remote_domain_destroy_flags, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SHUTDOWN] = {CALL_A(remote_domain_shutdown, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SHUTDOWN_FLAGS] = {CALL_A(remote_domain_shutdown_flags, REMOTE_WORKER),
                                           .asks_agent = remote_domain_shutdown_asks_agent,
                                           FLAGS(remote_domain_shutdown_flags)},
    [REMOTE_PROC_DOMAIN_REBOOT] = {CALL_A(remote_domain_reboot, REMOTE_WORKER),
                                   .asks_agent = remote_domain_reboot_asks_agent,
                                   FLAGS(remote_domain_reboot)},
    [REMOTE_PROC_DOMAIN_SUSPEND] = {CALL_A(remote_domain_suspend, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_RESUME] = {CALL_A(remote_domain_resume, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_AUTOSTART] = {CALL_A(remote_domain_set_autostart, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_METADATA] = {CALL_A(remote_domain_set_metadata, REMOTE_WORKER),
                                         FLAGS(remote_domain_set_metadata)},
    [REMOTE_PROC_DOMAIN_RENAME] = {CALL_AR(remote_domain_rename, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_RESET] = {CALL_A(remote_domain_reset, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_PM_WAKEUP] = {CALL_A(remote_domain_pm_wakeup, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_LIFECYCLE_ACTION] = {CALL_A(remote_domain_set_lifecycle_action,
                                                        REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SEND_KEY] = {CALL_A(remote_domain_send_key, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_INJECT_NMI] = {CALL_A(remote_domain_inject_nmi, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SCREENSHOT] = {CALL_AR(remote_domain_screenshot, REMOTE_WORKER)},

    /* A domain's devices */
    [REMOTE_PROC_DOMAIN_ATTACH_DEVICE] = {CALL_A(remote_domain_attach_device, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_ATTACH_DEVICE_FLAGS] = {CALL_A(remote_domain_attach_device_flags,
                                                       REMOTE_WORKER),
                                                FLAGS(remote_domain_attach_device_flags)},
    [REMOTE_PROC_DOMAIN_DETACH_DEVICE] = {CALL_A(remote_domain_detach_device, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_DETACH_DEVICE_FLAGS] = {CALL_A(remote_domain_detach_device_flags,
                                                       REMOTE_WORKER),
                                                FLAGS(remote_domain_detach_device_flags)},
    [REMOTE_PROC_DOMAIN_DETACH_DEVICE_ALIAS] = {CALL_A(remote_domain_detach_device_alias,
                                                       REMOTE_WORKER),
                                                FLAGS(remote_domain_detach_device_alias)},
    [REMOTE_PROC_DOMAIN_UPDATE_DEVICE_FLAGS] = {CALL_A(remote_domain_update_device_flags,
                                                       REMOTE_WORKER),
                                                FLAGS(remote_domain_update_device_flags)},

    /* A domain's consoles and channels */
    [REMOTE_PROC_DOMAIN_OPEN_CONSOLE] = {CALL_A(remote_domain_open_console, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_OPEN_CHANNEL] = {CALL_A(remote_domain_open_channel, REMOTE_WORKER)},

    /* What a domain has of the host */
    [REMOTE_PROC_DOMAIN_SET_VCPUS] = {CALL_A(remote_domain_set_vcpus, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_VCPUS_FLAGS] = {CALL_A(remote_domain_set_vcpus_flags, REMOTE_WORKER),
                                            .asks_agent = remote_domain_set_vcpus_flags_asks_agent,
                                            FLAGS(remote_domain_set_vcpus_flags)},
    [REMOTE_PROC_DOMAIN_GET_VCPUS] = {CALL_AR(remote_domain_get_vcpus, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_PIN_VCPU] = {CALL_A(remote_domain_pin_vcpu, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_PIN_VCPU_FLAGS] = {CALL_A(remote_domain_pin_vcpu_flags, REMOTE_WORKER),
                                           FLAGS(remote_domain_pin_vcpu_flags)},
    [REMOTE_PROC_DOMAIN_GET_VCPU_PIN_INFO] = {CALL_AR(remote_domain_get_vcpu_pin_info,
                                                      REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_SET_MAX_MEMORY] = {CALL_A(remote_domain_set_max_memory, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_MEMORY] = {CALL_A(remote_domain_set_memory, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_MEMORY_FLAGS] = {CALL_A(remote_domain_set_memory_flags, REMOTE_WORKER),
                                             FLAGS(remote_domain_set_memory_flags)},
    [REMOTE_PROC_DOMAIN_GET_NUMA_PARAMETERS] = {CALL_AR(remote_domain_get_numa_parameters,
                                                        REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_SCHEDULER_TYPE] = {CALL_AR(remote_domain_get_scheduler_type,
                                                       REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_SCHEDULER_PARAMETERS] = {CALL_AR(remote_domain_get_scheduler_parameters,
                                                             REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_SCHEDULER_PARAMETERS_FLAGS] = {CALL_AR(
        remote_domain_get_scheduler_parameters_flags, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_SCHEDULER_PARAMETERS] = {CALL_A(remote_domain_set_scheduler_parameters,
                                                            REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS] =
        {CALL_A(remote_domain_set_scheduler_parameters_flags, REMOTE_WORKER),
         FLAGS(remote_domain_set_scheduler_parameters_flags)},
    [REMOTE_PROC_NODE_GET_CPU_MAP] = {CALL_AR(remote_node_get_cpu_map, REMOTE_LOOP)},
    [REMOTE_PROC_NODE_GET_FREE_MEMORY] = {CALL_R(remote_node_get_free_memory, REMOTE_WORKER)},
    [REMOTE_PROC_NODE_GET_CELLS_FREE_MEMORY] = {CALL_AR(remote_node_get_cells_free_memory,
                                                        REMOTE_WORKER)},

    /* What domains have done, and do */
    [REMOTE_PROC_DOMAIN_GET_CPU_STATS] = {CALL_AR(remote_domain_get_cpu_stats, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_MEMORY_STATS] = {CALL_AR(remote_domain_memory_stats, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_INTERFACE_STATS] = {CALL_AR(remote_domain_interface_stats, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_BLOCK_STATS] = {CALL_AR(remote_domain_block_stats, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_BLOCK_STATS_FLAGS] = {CALL_AR(remote_domain_block_stats_flags,
                                                      REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_BLOCK_INFO] = {CALL_AR(remote_domain_get_block_info, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_JOB_INFO] = {CALL_AR(remote_domain_get_job_info, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_JOB_STATS] = {CALL_AR(remote_domain_get_job_stats, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_ABORT_JOB] = {CALL_A(remote_domain_abort_job, REMOTE_LOOP)},
    [REMOTE_PROC_DOMAIN_GET_CONTROL_INFO] = {CALL_AR(remote_domain_get_control_info, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_GET_ALL_DOMAIN_STATS] = {CALL_AR(remote_connect_get_all_domain_stats,
                                                          REMOTE_WORKER),
                                                  .filter = &remote_filter_domain_stats},

    /* The agent in a domain's guest */
    [REMOTE_PROC_DOMAIN_AGENT_SET_RESPONSE_TIMEOUT] = {CALL_AR(
        remote_domain_agent_set_response_timeout, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_GET_GUEST_INFO] = {CALL_AR(remote_domain_get_guest_info, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_GET_HOSTNAME] = {CALL_AR(remote_domain_get_hostname, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_GET_FSINFO] = {CALL_AR(remote_domain_get_fsinfo, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_FSFREEZE] = {CALL_AR(remote_domain_fsfreeze, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_FSTHAW] = {CALL_AR(remote_domain_fsthaw, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_FSTRIM] = {CALL_A(remote_domain_fstrim, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_GET_TIME] = {CALL_AR(remote_domain_get_time, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_SET_TIME] = {CALL_A(remote_domain_set_time, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_GET_GUEST_VCPUS] = {CALL_AR(remote_domain_get_guest_vcpus, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_SET_GUEST_VCPUS] = {CALL_A(remote_domain_set_guest_vcpus, REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_SET_USER_PASSWORD] = {CALL_A(remote_domain_set_user_password,
                                                     REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_AUTHORIZED_SSH_KEYS_GET] = {CALL_AR(remote_domain_authorized_ssh_keys_get,
                                                            REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_AUTHORIZED_SSH_KEYS_SET] = {CALL_A(remote_domain_authorized_ssh_keys_set,
                                                           REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_PM_SUSPEND_FOR_DURATION] = {CALL_A(remote_domain_pm_suspend_for_duration,
                                                           REMOTE_AGENT)},
    [REMOTE_PROC_DOMAIN_INTERFACE_ADDRESSES] =
        {CALL_AR(remote_domain_interface_addresses, REMOTE_AGENT),
         .writes = remote_domain_interface_addresses_writes,
         .flags_at = offsetof(remote_domain_interface_addresses_args, source)},

    /* Save, restore, core dump */
    [REMOTE_PROC_DOMAIN_SAVE] = {CALL_A(remote_domain_save, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SAVE_FLAGS] = {CALL_A(remote_domain_save_flags, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_RESTORE] = {CALL_A(remote_domain_restore, REMOTE_WORKER),
                                    .subject = remote_subject_of_restore},
    [REMOTE_PROC_DOMAIN_RESTORE_FLAGS] = {CALL_A(remote_domain_restore_flags, REMOTE_WORKER),
                                          .subject = remote_subject_of_restore_flags},
    [REMOTE_PROC_DOMAIN_SAVE_PARAMS] = {CALL_A(remote_domain_save_params, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_RESTORE_PARAMS] = {CALL_A(remote_domain_restore_params, REMOTE_WORKER),
                                           .subject = remote_subject_of_restore_params},
    [REMOTE_PROC_DOMAIN_MANAGED_SAVE] = {CALL_A(remote_domain_managed_save, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_MANAGED_SAVE_REMOVE] = {CALL_A(remote_domain_managed_save_remove,
                                                       REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_SAVE_IMAGE_GET_XML_DESC] = {CALL_AR(remote_domain_save_image_get_xml_desc,
                                                            REMOTE_WORKER),
                                                    .subject = remote_subject_of_image},
    [REMOTE_PROC_DOMAIN_SAVE_IMAGE_DEFINE_XML] = {CALL_A(remote_domain_save_image_define_xml,
                                                         REMOTE_WORKER),
                                                  .subject = remote_subject_of_redefined_image},
    [REMOTE_PROC_DOMAIN_MANAGED_SAVE_GET_XML_DESC] =
        {CALL_AR(remote_domain_managed_save_get_xml_desc, REMOTE_WORKER),
         .writes = remote_domain_managed_save_get_xml_desc_writes,
         FLAGS(remote_domain_managed_save_get_xml_desc)},
    [REMOTE_PROC_DOMAIN_MANAGED_SAVE_DEFINE_XML] = {CALL_A(remote_domain_managed_save_define_xml,
                                                           REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_CORE_DUMP] = {CALL_A(remote_domain_core_dump, REMOTE_WORKER)},
    [REMOTE_PROC_DOMAIN_CORE_DUMP_WITH_FORMAT] = {CALL_A(remote_domain_core_dump_with_format,
                                                         REMOTE_WORKER)},

    /* Events */
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_REGISTER] = {CALL_R(remote_connect_domain_event_register,
                                                          REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_DEREGISTER] = {CALL_R(remote_connect_domain_event_deregister,
                                                            REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_REGISTER_ANY] = {CALL_A(
        remote_connect_domain_event_register_any, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_DEREGISTER_ANY] = {CALL_A(
        remote_connect_domain_event_deregister_any, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY] = {CALL_AR(
        remote_connect_domain_event_callback_register_any, REMOTE_LOOP)},
    [REMOTE_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY] = {CALL_A(
        remote_connect_domain_event_callback_deregister_any, REMOTE_LOOP)},
};

/* The QEMU program: what of it has nothing to do with QEMU. */
static const RemoteRoute qemu_routes[] = {
    [QEMU_PROC_DOMAIN_AGENT_COMMAND] = {CALL_AR(qemu_domain_agent_command, REMOTE_AGENT)},
};
/* clang-format on */

static const struct {
    guint32 program;
    const RemoteRoute *routes;
    gsize n_routes;
} programs[] = {
    {REMOTE_PROGRAM, remote_routes, G_N_ELEMENTS(remote_routes)},
    {QEMU_PROGRAM, qemu_routes, G_N_ELEMENTS(qemu_routes)},
};

const RemoteRoute *
remote_route_find(guint32 program, guint32 number)
{
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (programs[i].program == program && number < programs[i].n_routes &&
            programs[i].routes[number].handler)
            return &programs[i].routes[number];
    }
    return NULL;
}
