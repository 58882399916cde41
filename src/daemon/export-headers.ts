/** What goes along with a bundle that leaves through the administration socket. */
export const EXPORT_HEADERS = {
  vendor: "seatkeeper-vendor",
  size: "seatkeeper-blocks",
  exportNo: "seatkeeper-export",
} as const;
